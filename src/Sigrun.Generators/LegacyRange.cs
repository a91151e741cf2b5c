using Sigrun.Commands;

namespace Sigrun.Generators;

/// <summary>
/// The three numbers by which clients knew keys before there were specs: first key, last key (negative: from the
/// end) and step. They join the specs that are plain consecutive ranges; whatever they cannot express makes the
/// command's keys movable.
/// </summary>
internal readonly record struct LegacyRange(int FirstKey, int LastKey, int Step, bool MovableKeys)
{
    public static LegacyRange Of(KeySpec[] specs)
    {
        if (specs.Length == 0) return default;
        if (specs.Length == 1 && IsIndexedRange(specs[0]))
        {
            return new LegacyRange(specs[0].Position, LastIndex(specs[0]), specs[0].B, IsIncomplete(specs[0]));
        }

        bool movable = false;
        int first = int.MaxValue;
        int last = 0;
        int previousLast = 0;
        foreach (KeySpec spec in specs)
        {
            if (!IsIndexedRange(spec) || spec.B != 1 || (previousLast != 0 && previousLast != spec.Position - 1))
            {
                movable = true;
                continue;
            }

            movable |= IsIncomplete(spec);
            first = Math.Min(first, spec.Position);

            // As unsigned numbers, so that "up to the end" wins over every fixed index.
            last = (int)Math.Max((uint)last, (uint)LastIndex(spec));
            previousLast = last;
        }

        return first == int.MaxValue ? new LegacyRange(0, 0, 0, true) : new LegacyRange(first, last, 1, movable);
    }

    private static bool IsIndexedRange(KeySpec spec) => spec is { Begin: BeginSearch.Index, Find: FindKeys.Range };

    private static bool IsIncomplete(KeySpec spec) => (spec.Flags & KeyFlags.Incomplete) != 0;

    private static int LastIndex(KeySpec spec) => spec.A >= 0 ? spec.A + spec.Position : spec.A;
}
