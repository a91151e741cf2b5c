namespace Sigrun.Storage.Structures;

/// <summary>Elements that follow one another in a listpack, or one string that lies elsewhere, to be read in one go.</summary>
/// <remarks>Valid until the listpack is written.</remarks>
public readonly unsafe struct ListpackRun
{
    private ListpackRun(byte* pack, byte* first, int count, bool isBackward, bool isPlain)
    {
        Pack = pack;
        First = first;
        Count = count;
        IsBackward = isBackward;
        IsPlain = isPlain;
    }

    /// <summary>The listpack; of a plain string null.</summary>
    public byte* Pack { get; }

    /// <summary>The first element, or the bytes of a plain string.</summary>
    public byte* First { get; }

    /// <summary>How many elements there are, or how many bytes a plain string has.</summary>
    public int Count { get; }

    /// <summary>Whether the elements are to be read towards the front.</summary>
    public bool IsBackward { get; }

    /// <summary>Whether this is one string that no listpack holds.</summary>
    public bool IsPlain { get; }

    /// <summary>The elements from one on.</summary>
    internal static ListpackRun OfElements(byte* pack, byte* first, int count, bool isBackward) => new(pack, first, count, isBackward, false);

    /// <summary>One string.</summary>
    internal static ListpackRun OfString(byte* bytes, int length) => new(null, bytes, length, false, true);
}
