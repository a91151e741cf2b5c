using System.Text;

namespace Sigrun.Client;

/// <summary>Kinds of replies of both protocol versions.</summary>
public enum ReplyType
{
    /// <summary>A string with a length.</summary>
    Bulk,

    /// <summary>A line that reports success.</summary>
    Status,

    /// <summary>A line that reports an error.</summary>
    Error,

    /// <summary>A number of 64 bits.</summary>
    Integer,

    /// <summary>Nothing, of any spelling.</summary>
    Nil,

    /// <summary>A list.</summary>
    Array,

    /// <summary>Pairs, laid out one after the other.</summary>
    Map,

    /// <summary>Members without order.</summary>
    Set,

    /// <summary>A message that answers no command.</summary>
    Push,

    /// <summary>A floating-point number, kept as the text that came.</summary>
    Double,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A text for people, without what says how it is laid out.</summary>
    Verbatim,

    /// <summary>An integer of any length, kept as text.</summary>
    BigNumber,
}

/// <summary>A reply as it came.</summary>
public sealed class Reply
{
    private Reply(ReplyType type, byte[] bytes, long integer, Reply[] elements)
    {
        Type = type;
        Bytes = bytes;
        Integer = integer;
        Elements = elements;
    }

    /// <summary>What it is.</summary>
    public ReplyType Type { get; }

    /// <summary>The text of what has one.</summary>
    public byte[] Bytes { get; }

    /// <summary>The value of an integer; 1 for true.</summary>
    public long Integer { get; }

    /// <summary>The parts of what has parts; a map's keys and values take turns.</summary>
    public Reply[] Elements { get; private set; }

    /// <summary>The text, where it is known to be one.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Whether it reports an error.</summary>
    public bool IsError => Type == ReplyType.Error;

    /// <summary>Whether it consists of other replies.</summary>
    public bool IsAggregate => Type is ReplyType.Array or ReplyType.Map or ReplyType.Set or ReplyType.Push;

    /// <summary>Nothing.</summary>
    public static Reply OfNil() => new(ReplyType.Nil, [], 0, []);

    /// <summary>A number.</summary>
    public static Reply OfInteger(long value) => new(ReplyType.Integer, [], value, []);

    /// <summary>True or false.</summary>
    public static Reply OfBoolean(bool value) => new(ReplyType.Boolean, [], value ? 1 : 0, []);

    /// <summary>What is kept as text.</summary>
    public static Reply OfText(ReplyType type, byte[] bytes) => new(type, bytes, 0, []);

    /// <summary>What has parts.</summary>
    public static Reply OfElements(ReplyType type, params Reply[] elements) => new(type, [], 0, elements);

    /// <summary>Whether the text is this one.</summary>
    public bool Is(ReadOnlySpan<byte> text) => Bytes.AsSpan().SequenceEqual(text);

    /// <summary>The value of a map's key, be it a map or, with the older protocol, an array; null where there is none.</summary>
    public Reply? Find(ReadOnlySpan<byte> key)
    {
        for (int i = 0; i + 1 < Elements.Length; i += 2)
        {
            if (Elements[i].Is(key)) return Elements[i + 1];
        }
        return null;
    }

    /// <summary>Gives a reply whose parts come one by one more room, or all of them.</summary>
    internal void Resize(int length)
    {
        Reply[] elements = Elements;
        System.Array.Resize(ref elements, length);
        Elements = elements;
    }
}
