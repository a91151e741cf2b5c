using System.Text;

namespace Sigrun.Tests.Harness;

/// <summary>
/// A reply as text that keeps its type, so that a test compares value and shape at once:
/// <c>+OK</c>, <c>-ERR …</c>, <c>:1</c>, <c>"bulk"</c>, <c>nil</c>, <c>[a, b]</c>, <c>{k: v}</c>,
/// <c>~[…]</c>, <c>&gt;[…]</c>, <c>,1.5</c>, <c>#t</c>, <c>(big</c>, <c>=txt:…</c>.
/// </summary>
public sealed record RespValue(char Kind, byte[] Bytes, RespValue[] Items)
{
    private static readonly RespValue[] NoItems = [];

    public static RespValue Scalar(char kind, byte[] bytes) => new(kind, bytes, NoItems);

    public static RespValue Aggregate(char kind, RespValue[] items) => new(kind, [], items);

    public string Text => Encoding.Latin1.GetString(Bytes);

    public bool IsNull => Kind is '_';

    public bool IsError => Kind is '-';

    public long Number => long.Parse(Text);

    public override string ToString() => Kind switch
    {
        '$' => "\"" + Text + "\"",
        '_' => "nil",
        '*' => "[" + string.Join(", ", Items.Select(i => i.ToString())) + "]",
        '~' or '>' => Kind + "[" + string.Join(", ", Items.Select(i => i.ToString())) + "]",
        '%' or '|' => "{" + string.Join(", ", Items.Chunk(2).Select(p => p[0] + ": " + p[1])) + "}",
        _ => Kind + Text,
    };

    public static implicit operator string(RespValue value) => value.ToString();
}
