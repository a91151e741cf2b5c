namespace Sigrun.Configuration;

/// <summary>The words a directive may be set to, in the order in which error messages name them.</summary>
/// <remarks>A word stands for its place in the list, unless values are given; two words may share a value.</remarks>
internal sealed class WordList(string[] words, int[]? values = null)
{
    /// <summary>The words.</summary>
    public string[] Words { get; } = words;

    /// <summary>Adds up what the words in <paramref name="args"/> stand for; false when one is unknown.</summary>
    public bool TryCombine(ReadOnlySpan<string> args, out int value)
    {
        value = 0;
        foreach (string arg in args)
        {
            int index = IndexOf(arg);
            if (index < 0)
                return false;
            value |= ValueAt(index);
        }

        return true;
    }

    /// <summary>The word for a value, or with <paramref name="several"/> the words whose bits add up to it.</summary>
    public string Text(int value, bool several)
    {
        for (int i = 0; i < Words.Length; i++)
        {
            if (ValueAt(i) == value)
                return Words[i];
        }

        return several ? Combination(value) : "unknown";
    }

    private string Combination(int value)
    {
        string text = "";
        for (int i = 0; i < Words.Length; i++)
        {
            int bits = ValueAt(i);
            if (bits == 0 || (value & bits) != bits)
                continue;
            text = text.Length == 0 ? Words[i] : text + " " + Words[i];
            value &= ~bits;
        }

        return value == 0 ? text : "unknown";
    }

    private int IndexOf(string word)
    {
        for (int i = 0; i < Words.Length; i++)
        {
            if (Words[i].Equals(word, StringComparison.OrdinalIgnoreCase))
                return i;
        }

        return -1;
    }

    private int ValueAt(int index) => values == null ? index : values[index];
}
