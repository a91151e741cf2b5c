using System.Text;
using Sigrun.Cli.Output;
using Sigrun.Client;

namespace Sigrun.Cli.Tests;

/// <summary>What differs between modes, and between types in each; runs of both tools are compared elsewhere.</summary>
public sealed class ReplyFormatTests
{
    private static readonly Reply Nested = Reply.OfElements(ReplyType.Array,
        Bulk("a"),
        Reply.OfElements(ReplyType.Array, Reply.OfInteger(1), Reply.OfElements(ReplyType.Array, Bulk("x"), Reply.OfNil())),
        Reply.OfElements(ReplyType.Array));

    private static readonly Reply Map = Reply.OfElements(ReplyType.Map,
        Bulk("one"), Reply.OfInteger(1),
        Reply.OfInteger(2), Reply.OfElements(ReplyType.Set, Bulk("p"), Bulk("q")),
        Reply.OfBoolean(true), Reply.OfElements(ReplyType.Map));

    [Fact]
    public void Nested_arrays_are_indented() =>
        Assert.Equal("1) \"a\"\n2) 1) (integer) 1\n   2) 1) \"x\"\n      2) (nil)\n3) (empty array)\n", Show(Nested, OutputMode.Standard));

    /// <summary>Numbers are as wide as the last one.</summary>
    [Fact]
    public void Numbers_are_aligned()
    {
        var parts = new Reply[10];
        Array.Fill(parts, Reply.OfElements(ReplyType.Array, Reply.OfInteger(1), Reply.OfInteger(2)));
        string[] lines = Show(Reply.OfElements(ReplyType.Array, parts), OutputMode.Standard).Split('\n');
        Assert.Equal([" 1) 1) (integer) 1", "    2) (integer) 2", " 2) 1) (integer) 1"], lines[..3]);
        Assert.Equal("10) 1) (integer) 1", lines[18]);
    }

    [Fact]
    public void Values_that_take_several_lines_begin_on_a_new_one() =>
        Assert.Equal("1# \"one\" => (integer) 1\n2# (integer) 2 => \n   1~ \"p\"\n   2~ \"q\"\n3# (true) => (empty hash)\n", Show(Map, OutputMode.Standard));

    [Fact]
    public void Raw_output_is_flat() => Assert.Equal("a\n1\nx\n\n\n", Show(Nested, OutputMode.Raw));

    [Fact]
    public void Raw_maps_have_a_pair_per_line() => Assert.Equal("one 1\n2 p\nq\n(true) \n", Show(Map, OutputMode.Raw));

    [Fact]
    public void Csv_is_flat() => Assert.Equal("\"one\",1,2,\"p\",\"q\",true,\n", Show(Map, OutputMode.Csv));

    [Fact]
    public void Keys_of_json_are_strings() => Assert.Equal("{\"one\":1,\"2\":[\"p\",\"q\"],\"true\":{}}\n", Show(Map, OutputMode.Json));

    [Theory]
    [InlineData(OutputMode.Json, "\"a\\\"\\\\\\n\\f\\r\\t\\b\\u0001\u00ff\"\n")]
    [InlineData(OutputMode.QuotedJson, "\"a\\\\\"\\\\\\\\\\\\n\\\\x0c\\\\r\\\\t\\\\b\\\\x01\\\\xff\"\n")]
    [InlineData(OutputMode.Csv, "\"a\\\"\\\\\\n\\x0c\\r\\t\\b\\x01\\xff\"\n")]
    [InlineData(OutputMode.Standard, "\"a\\\"\\\\\\n\\x0c\\r\\t\\b\\x01\\xff\"\n")]
    [InlineData(OutputMode.Raw, "a\"\\\n\f\r\t\b\u0001\u00ff\n")]
    internal void Strings_are_escaped_as_the_mode_needs(OutputMode mode, string expected) =>
        Assert.Equal(expected, Show(Bulk("a\"\\\n\f\r\t\b\u0001\u00ff"), mode));

    [Theory]
    [InlineData(OutputMode.Standard, "(error) ERR x\n")]
    [InlineData(OutputMode.Raw, "ERR x\n\n")]
    [InlineData(OutputMode.Csv, "ERROR,\"ERR x\"\n")]
    [InlineData(OutputMode.Json, "error:\"ERR x\"\n")]
    internal void Errors_look_like_errors(OutputMode mode, string expected) =>
        Assert.Equal(expected, Show(Reply.OfText(ReplyType.Error, "ERR x"u8.ToArray()), mode));

    [Fact]
    public void Invalidations_are_for_people_on_a_terminal()
    {
        Reply push = Reply.OfElements(ReplyType.Push, Bulk("invalidate"), Reply.OfElements(ReplyType.Array, Bulk("a"), Bulk("b")));
        Assert.Equal("-> invalidate: 'a', 'b'\n", ShowPush(push, OutputMode.Standard));
        Assert.Equal("invalidate\na\nb\n", ShowPush(push, OutputMode.Raw));
    }

    [Theory]
    [InlineData(0.125, "0.12")]
    [InlineData(0.375, "0.38")]
    [InlineData(2.625, "2.62")]
    [InlineData(8.115, "8.12")]
    [InlineData(1.005, "1.00")]
    [InlineData(100.0 / 3, "33.33")]
    [InlineData(double.NaN, "-nan")]
    public void Decimals_are_rounded_as_in_C(double value, string text) => Assert.Equal(text, FixedText.Two(value));

    private static string Show(Reply reply, OutputMode mode)
    {
        var buffer = new OutputBuffer();
        new ReplyFormat().Write(buffer, reply, mode, verbatim: false);
        return Encoding.Latin1.GetString(buffer.Bytes);
    }

    private static string ShowPush(Reply push, OutputMode mode)
    {
        var buffer = new OutputBuffer();
        new ReplyFormat().WritePush(buffer, push, mode);
        return Encoding.Latin1.GetString(buffer.Bytes);
    }

    private static Reply Bulk(string text) => Reply.OfText(ReplyType.Bulk, Encoding.Latin1.GetBytes(text));
}
