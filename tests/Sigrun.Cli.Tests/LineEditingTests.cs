using System.Text;
using Sigrun.Cli.Interactive;
using Sigrun.Cli.Output;

namespace Sigrun.Cli.Tests;

/// <summary>Keys, the line that they change, and how it is shown.</summary>
public sealed class LineEditingTests
{
    private const string ControlA = "\u0001";
    private const string ControlW = "\u0017";
    private const string Left = "\e[D";

    [Theory]
    [InlineData("abc", "abc|")]
    [InlineData("abc" + ControlA + "x", "x|abc")]
    [InlineData("abc" + Left + Left + "x", "ax|bc")]
    [InlineData("abc\e[H\e[3~", "|bc")]
    [InlineData("abc\u0002\u0008", "a|c")]
    [InlineData("abc\u007f\u007f\u007f\u007f", "|")]
    [InlineData("get user:12 x" + ControlW + ControlW, "get |")]
    [InlineData("get user:12\eb\eb", "get |user:12")]
    [InlineData("get user:12" + ControlA + "\ef\ef", "get user|:12")]
    [InlineData("get user\e[1;5Dx", "get x|user")]
    [InlineData("one two" + ControlA + "\ed", "| two")]
    [InlineData("one two\eb\u000b", "one |")]
    [InlineData("one two\u0015", "|")]
    [InlineData("one two" + ControlW + ControlA + "\u0019 ", "two |one ")]
    [InlineData("ab\u0014", "ba|")]
    [InlineData("abc" + ControlA + "\u0006\u0014", "ba|c")]
    [InlineData("gr\u00fc\u00df\u007fn", "gr\u00fcn|")]
    [InlineData("a\U0001F600b" + Left + "\u007f", "a|b")]
    [InlineData("a\e[99~b\eZc", "abc|")]
    public void Keys_edit_the_line(string keys, string expected)
    {
        LineBuffer line = Type(keys);
        Assert.Equal(expected, line.Text.Insert(line.Text.Length - Rest(line).Length, "|"));
    }

    [Fact]
    public void Bytes_that_are_no_character_take_no_keys_with_them()
    {
        var reader = new KeyReader(new MemoryStream([0xE9, (byte)'\r', 0xFF, (byte)'a']));
        Assert.Equal([KeyAction.Character, KeyAction.Accept, KeyAction.Character, KeyAction.Character], Enumerable.Range(0, 4).Select(_ => reader.Read().Action));
    }

    [Fact]
    public void Keys_end() => Assert.Equal(KeyAction.EndOfInput, new KeyReader(new MemoryStream("\e["u8.ToArray()[..1])).Read().Action);

    [Theory]
    [InlineData("ab", 80, null, "\r\e[0J> ab\r\e[4C")]
    [InlineData("ab", 80, " key", "\r\e[0J> ab\e[0;90;49m key\e[0m\r\e[4C")]
    [InlineData("ab", 6, " key", "\r\e[0J> ab\e[0;90;49m k\e[0m\r\e[4C")]
    [InlineData("abcd", 6, " key", "\r\e[0J> abcd\n\r\r")]
    [InlineData("abcdefg" + Left + Left + Left + Left, 6, null, "\r\e[0J> abcdefg\e[1A\r\e[5C")]
    [InlineData("abcd" + Left, 6, null, "\r\e[0J> abcd\r\e[5C")]
    [InlineData("\u4e2d" + Left, 80, null, "\r\e[0J> \u4e2d\r\e[2C")]
    public void Lines_are_shown_with_the_cursor_in_its_place(string keys, int columns, string? hint, string expected)
    {
        var screen = new OutputBuffer();
        new LinePainter(screen).Paint("> ", Type(keys), hint, isMasked: false, columns);
        Assert.Equal(expected, Encoding.UTF8.GetString(screen.Bytes));
    }

    /// <summary>The cursor was on the second row: that is where wiping out begins.</summary>
    [Fact]
    public void Long_lines_are_wiped_out_from_their_first_row()
    {
        var screen = new OutputBuffer();
        var painter = new LinePainter(screen);
        painter.Paint("> ", Type("abcdefg"), null, isMasked: false, columns: 6);
        screen.Truncate(0);
        painter.Paint("> ", Type(""), null, isMasked: false, columns: 6);
        Assert.Equal("\e[1A\r\e[0J> \r\e[2C", Encoding.UTF8.GetString(screen.Bytes));
    }

    [Fact]
    public void Passwords_are_stars()
    {
        var screen = new OutputBuffer();
        new LinePainter(screen).Paint("", Type("secret"), null, isMasked: true, columns: 80);
        Assert.Equal("\r\e[0J******\r\e[6C", Encoding.UTF8.GetString(screen.Bytes));
    }

    private static LineBuffer Type(string keys)
    {
        var line = new LineBuffer();
        var reader = new KeyReader(new MemoryStream(Encoding.UTF8.GetBytes(keys)));
        for (Key key = reader.Read(); key.Action != KeyAction.EndOfInput; key = reader.Read())
        {
            if (key.Action == KeyAction.Character) line.Insert(key.Character);
            else line.Apply(key.Action);
        }
        return line;
    }

    private static string Rest(LineBuffer line) => string.Concat(line.Characters.Skip(line.Position).Select(c => c.ToString()));
}
