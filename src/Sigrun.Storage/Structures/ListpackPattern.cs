namespace Sigrun.Storage.Structures;

/// <summary>Bytes that are looked for in a listpack, taken apart once for all comparisons.</summary>
/// <remarks>
/// Usually a number is kept as a number and other bytes as bytes, so most elements differ in their first byte
/// already; but listpacks that came from outside may hold the digits of a number as bytes.
/// </remarks>
internal readonly unsafe ref struct ListpackPattern
{
    /// <summary>The first byte of no element.</summary>
    private const byte NoLead = ListpackCode.End;

    private readonly ReadOnlySpan<byte> _text;
    private readonly long _number;
    private readonly bool _isNumber;
    private readonly byte _shortLead;

    /// <summary>Takes bytes apart.</summary>
    public ListpackPattern(ReadOnlySpan<byte> text)
    {
        _text = text;
        _isNumber = NumberText.TryParseInt64(text, out _number);
        _shortLead = text.Length < ListpackCode.String12MinLength ? (byte)(ListpackCode.String6 | text.Length) : NoLead;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>Whether an element has these bytes.</summary>
    public bool Matches(byte* element)
    {
        byte lead = *element;
        if (lead is >= ListpackCode.String6 and < ListpackCode.Int13)
            return lead == _shortLead && new ReadOnlySpan<byte>(element + 1, _text.Length).SequenceEqual(_text);
        ListpackElement candidate = Listpack.Get(element);
        return candidate.IsNumber ? _isNumber && candidate.Number == _number : candidate.Bytes.SequenceEqual(_text);
    }
}
