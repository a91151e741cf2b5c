using System.Text;
using Sigrun.Cli.Output;

namespace Sigrun.Cli.Interactive;

/// <summary>
/// Shows a line that may be longer than the terminal is wide: what was there before is wiped out and the line is written again,
/// all in one piece, so that nothing flickers.
/// </summary>
internal sealed class LinePainter(OutputBuffer target)
{
    private int _cursorRow;

    /// <summary>Forgets what was shown: the cursor stands at the beginning of an empty line.</summary>
    public void Reset() => _cursorRow = 0;

    /// <summary>Shows a line with a prompt in front of it and a hint behind it.</summary>
    public void Paint(string prompt, LineBuffer line, string? hint, bool isMasked, int columns)
    {
        if (_cursorRow > 0) target.Append($"\e[{_cursorRow}A");
        target.Append("\r\e[0J"u8);
        target.Append(prompt);
        int promptWidth = CharacterWidth.Of(prompt);
        int end = promptWidth;
        int cursor = promptWidth;
        for (int i = 0; i < line.Length; i++)
        {
            Rune character = isMasked ? new Rune('*') : line.Characters[i];
            if (Rune.IsControl(character)) character = Rune.ReplacementChar;
            target.Append(character.ToString());
            end += CharacterWidth.Of(character);
            if (i + 1 == line.Position) cursor = end;
        }
        if (hint is not null && end < columns) AppendHint(hint, columns - end);

        // A terminal goes to the next row only when something is written there.
        if (end > promptWidth && cursor == end && end % columns == 0) target.Append("\n\r"u8);
        int endRow = end > promptWidth && cursor < end && end % columns == 0 ? (end / columns) - 1 : end / columns;
        _cursorRow = cursor / columns;
        if (endRow > _cursorRow) target.Append($"\e[{endRow - _cursorRow}A");
        target.Append((byte)'\r');
        if (cursor % columns > 0) target.Append($"\e[{cursor % columns}C");
    }

    private void AppendHint(string hint, int columns)
    {
        target.Append("\e[0;90;49m"u8);
        foreach (Rune character in hint.EnumerateRunes())
        {
            columns -= CharacterWidth.Of(character);
            if (columns < 0) break;
            target.Append(character.ToString());
        }
        target.Append("\e[0m"u8);
    }
}
