using Sigrun.Storage;

namespace Sigrun.Commands;

/// <summary>
/// Finds the keys among the arguments of a command before it runs: for ACL checks, for routing, and for
/// COMMAND GETKEYS.
/// </summary>
/// <remarks>
/// The key specs come first. Where they say that the use of a key varies, or when they do not apply to these
/// arguments, the command's own function decides, if it has one. The cost is that of looking at the arguments a spec
/// names; a keyword spec looks at all that follow.
/// </remarks>
internal static partial class CommandTable
{
    private const int SpecSize = 8;

    // The numbers of the generator's BeginSearch and FindKeys.
    private const int BeginUnknown = 0;
    private const int BeginKeyword = 2;
    private const int FindRange = 1;
    private const int FindKeyNumber = 2;

    /// <summary>Whether a command can have keys at all.</summary>
    /// <param name="id">The command.</param>
    public static bool HasKeys(int id)
    {
        if (HasKeyFunction[id] != 0) return true;
        for (int i = KeySpecStart[id]; i < KeySpecStart[id + 1]; i += SpecSize)
        {
            if ((SpecFlags(i) & KeyFlags.NotKey) == 0) return true;
        }

        return false;
    }

    /// <summary>
    /// Adds the keys of a command to a list. None are added when the arguments make no sense, or when they name
    /// none.
    /// </summary>
    /// <param name="id">The command that the arguments belong to.</param>
    /// <param name="arguments">Its arguments, the name included; their number suits the arity.</param>
    /// <param name="keys">Receives the keys, an empty list.</param>
    public static void FindKeys(int id, ArgumentList arguments, ref KeyPositions keys)
    {
        bool varies = false;
        bool real = false;
        for (int i = KeySpecStart[id]; i < KeySpecStart[id + 1]; i += SpecSize)
        {
            varies |= (SpecFlags(i) & KeyFlags.VariableFlags) != 0;
            real |= (SpecFlags(i) & KeyFlags.NotKey) == 0;
        }

        if (real && !varies)
        {
            if (TryFindBySpecs(id, arguments, ref keys)) return;
            keys.Clear();
        }

        if (HasKeyFunction[id] != 0) RunKeyFunction(id, arguments, ref keys);
    }

    private static bool TryFindBySpecs(int id, ArgumentList arguments, ref KeyPositions keys)
    {
        for (int i = KeySpecStart[id]; i < KeySpecStart[id + 1]; i += SpecSize)
        {
            if ((SpecFlags(i) & KeyFlags.NotKey) == 0 && !TryFindBySpec(i, arguments, ref keys)) return false;
        }

        return true;
    }

    private static bool TryFindBySpec(int spec, ArgumentList arguments, ref KeyPositions keys)
    {
        int begin = KeySpecData[spec];
        if (begin == BeginUnknown) return false;
        int first = KeySpecData[spec + 1];
        if (begin == BeginKeyword)
        {
            first = IndexAfterKeyword(KeySpecWord(KeySpecData[spec + 2]), first, arguments);
            if (first == 0) return true;
        }

        if (!TryFindExtent(spec, arguments, ref first, out long last, out int step)) return false;
        if (last >= arguments.Count || last < first || first >= arguments.Count) return false;
        KeyFlags flags = SpecFlags(spec);
        for (int i = first; i <= last; i += step) keys.Add(i, flags);
        return (flags & KeyFlags.Incomplete) == 0;
    }

    private static bool TryFindExtent(int spec, ArgumentList arguments, ref int first, out long last, out int step)
    {
        int a = KeySpecData[spec + 4];
        int b = KeySpecData[spec + 5];
        int c = KeySpecData[spec + 6];
        last = 0;
        step = 1;
        switch (KeySpecData[spec + 3])
        {
            case FindRange:
                step = b;
                if (a >= 0) last = first + a;
                else last = c == 0 ? arguments.Count + a : first + ((arguments.Count - first) / c) + a;
                return true;
            case FindKeyNumber:
                step = c;
                if (first + a >= arguments.Count || !NumberText.TryParseInt64(arguments[first + a], out long count)
                    || count is < 0 or > int.MaxValue) return false;
                first += b;
                last = first + ((count - 1) * step);
                return true;
            default:
                return false;
        }
    }

    // 0 when the word is not there. A negative start counts from the end and looks backwards.
    private static int IndexAfterKeyword(ReadOnlySpan<byte> word, int start, ArgumentList arguments)
    {
        int step = start > 0 ? 1 : -1;
        int end = start > 0 ? arguments.Count - 1 : 1;
        for (int i = start > 0 ? start : arguments.Count + start; i >= 1 && i < arguments.Count && i != end; i += step)
        {
            if (arguments.Is(i, word)) return i + 1;
        }

        return 0;
    }

    private static KeyFlags SpecFlags(int spec) => (KeyFlags)KeySpecData[spec + 7];

    private static ReadOnlySpan<byte> KeySpecWord(int index) => KeySpecWords[KeySpecWordStart[index]..KeySpecWordStart[index + 1]];
}
