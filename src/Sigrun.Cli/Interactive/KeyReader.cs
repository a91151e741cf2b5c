using System.Text;

namespace Sigrun.Cli.Interactive;

/// <summary>
/// Makes keys of the bytes that a terminal sends: characters in UTF-8, control characters, and sequences that begin with
/// Escape. The keys are those of Emacs and of the cursor block.
/// </summary>
internal sealed class KeyReader(Stream input)
{
    private const int Escape = 27;
    private const int SequenceBytesMax = 16;

    private readonly byte[] _one = new byte[1];
    private int _next = -1;

    /// <summary>Waits for a key.</summary>
    public Key Read()
    {
        int first = ReadByte();
        return first switch
        {
            < 0 => new Key(KeyAction.EndOfInput),
            Escape => ReadSequence(),
            < 32 or 127 => new Key(Control(first)),
            _ => ReadCharacter((byte)first),
        };
    }

    private static KeyAction Control(int value) => value switch
    {
        'A' - '@' => KeyAction.Home,
        'B' - '@' => KeyAction.Left,
        'C' - '@' => KeyAction.Interrupt,
        'D' - '@' => KeyAction.DeleteOrEnd,
        'E' - '@' => KeyAction.End,
        'F' - '@' => KeyAction.Right,
        'G' - '@' => KeyAction.Cancel,
        'H' - '@' or 127 => KeyAction.Backspace,
        'I' - '@' => KeyAction.Complete,
        'J' - '@' or 'M' - '@' => KeyAction.Accept,
        'K' - '@' => KeyAction.KillToEnd,
        'L' - '@' => KeyAction.ClearScreen,
        'N' - '@' => KeyAction.Next,
        'P' - '@' => KeyAction.Previous,
        'R' - '@' => KeyAction.Search,
        'T' - '@' => KeyAction.Transpose,
        'U' - '@' => KeyAction.KillLine,
        'W' - '@' => KeyAction.KillWordLeft,
        'Y' - '@' => KeyAction.Yank,
        _ => KeyAction.Unknown,
    };

    /// <summary>After Escape: a letter with Alt, or [ or O and what a special key sends.</summary>
    private Key ReadSequence()
    {
        int second = ReadByte();
        switch (second)
        {
            case '[' or 'O':
                return new Key(Special(ReadRest()));
            case 'b':
                return new Key(KeyAction.WordLeft);
            case 'f':
                return new Key(KeyAction.WordRight);
            case 'd':
                return new Key(KeyAction.KillWordRight);
            case 127 or 8:
                return new Key(KeyAction.KillWordLeft);
            case Escape:
                return new Key(KeyAction.Cancel);
            default:
                return new Key(second < 0 ? KeyAction.EndOfInput : KeyAction.Unknown);
        }
    }

    private string ReadRest()
    {
        var sequence = new StringBuilder();
        while (sequence.Length < SequenceBytesMax && ReadByte() is >= 0 and int next)
        {
            sequence.Append((char)next);
            if (next is >= '@' and <= '~') break;
        }
        return sequence.ToString();
    }

    private static KeyAction Special(string sequence) => sequence switch
    {
        "A" => KeyAction.Previous,
        "B" => KeyAction.Next,
        "C" => KeyAction.Right,
        "D" => KeyAction.Left,
        "H" or "1~" or "7~" => KeyAction.Home,
        "F" or "4~" or "8~" => KeyAction.End,
        "3~" => KeyAction.Delete,
        "1;5D" or "1;3D" => KeyAction.WordLeft,
        "1;5C" or "1;3C" => KeyAction.WordRight,
        _ => KeyAction.Unknown,
    };

    private Key ReadCharacter(byte first)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes[0] = first;
        int length = first switch
        {
            >= 0xF0 => 4,
            >= 0xE0 => 3,
            >= 0xC0 => 2,
            _ => 1,
        };
        for (int i = 1; i < length; i++)
        {
            int next = ReadByte();
            if (next < 0) return new Key(KeyAction.EndOfInput);
            if ((next & 0xC0) != 0x80)
            {
                // Not UTF-8: what comes next is a key of its own.
                _next = next;
                return new Key(KeyAction.Character, Rune.ReplacementChar);
            }
            bytes[i] = (byte)next;
        }
        Rune.DecodeFromUtf8(bytes[..length], out Rune character, out _);
        return new Key(KeyAction.Character, character);
    }

    private int ReadByte()
    {
        if (_next < 0) return input.Read(_one) == 1 ? _one[0] : -1;
        int next = _next;
        _next = -1;
        return next;
    }
}
