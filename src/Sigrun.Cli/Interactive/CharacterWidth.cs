using System.Globalization;
using System.Text;

namespace Sigrun.Cli.Interactive;

/// <summary>How many columns of a terminal characters take.</summary>
internal static class CharacterWidth
{
    // Where East Asian scripts and pictures lie; what is in between is rare.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
        (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1F9FF), (0x20000, 0x3FFFD),
    ];

    /// <summary>Columns of a character.</summary>
    public static int Of(Rune character)
    {
        if (character.IsAscii) return 1;
        if (Rune.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format) return 0;
        return Array.Exists(Wide, range => character.Value >= range.First && character.Value <= range.Last) ? 2 : 1;
    }

    /// <summary>Columns of a text.</summary>
    public static int Of(string text)
    {
        int width = 0;
        foreach (Rune character in text.EnumerateRunes()) width += Of(character);
        return width;
    }
}
