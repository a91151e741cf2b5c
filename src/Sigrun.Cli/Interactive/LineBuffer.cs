using System.Text;

namespace Sigrun.Cli.Interactive;

/// <summary>A line that is being typed, and where in it the cursor is.</summary>
internal sealed class LineBuffer
{
    private readonly List<Rune> _characters = [];
    private List<Rune> _killed = [];

    /// <summary>The cursor stands in front of this character.</summary>
    public int Position { get; private set; }

    /// <summary>Characters of the line.</summary>
    public int Length => _characters.Count;

    /// <summary>The line.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            foreach (Rune character in _characters) text.Append(character.ToString());
            return text.ToString();
        }
    }

    /// <summary>The characters of the line.</summary>
    public IReadOnlyList<Rune> Characters => _characters;

    /// <summary>Replaces the line; the cursor goes to its end.</summary>
    public void Set(string text)
    {
        _characters.Clear();
        _characters.AddRange(text.EnumerateRunes());
        Position = Length;
    }

    /// <summary>Inserts a character.</summary>
    public void Insert(Rune character) => _characters.Insert(Position++, character);

    /// <summary>Does what a key asks for; false when it concerns something else than the line.</summary>
    public bool Apply(KeyAction action)
    {
        switch (action)
        {
            case KeyAction.Left: Position = Math.Max(0, Position - 1); return true;
            case KeyAction.Right: Position = Math.Min(Length, Position + 1); return true;
            case KeyAction.Home: Position = 0; return true;
            case KeyAction.End: Position = Length; return true;
            case KeyAction.WordLeft: Position = WordStart(IsWordCharacter); return true;
            case KeyAction.WordRight: Position = WordEnd(); return true;
            case KeyAction.Backspace: Remove(Math.Max(0, Position - 1), Position); return true;
            case KeyAction.Delete: Remove(Position, Math.Min(Length, Position + 1)); return true;
            case KeyAction.KillToEnd: Kill(Position, Length); return true;
            case KeyAction.KillLine: Kill(0, Length); return true;
            case KeyAction.KillWordLeft: Kill(WordStart(static c => c.Value != ' '), Position); return true;
            case KeyAction.KillWordRight: Kill(Position, WordEnd()); return true;
            case KeyAction.Yank:
                _characters.InsertRange(Position, _killed);
                Position += _killed.Count;
                return true;
            case KeyAction.Transpose: Transpose(); return true;
            default: return false;
        }
    }

    private void Remove(int start, int end)
    {
        _characters.RemoveRange(start, end - start);
        Position = start;
    }

    private void Kill(int start, int end)
    {
        if (start == end) return;
        _killed = _characters.GetRange(start, end - start);
        Remove(start, end);
    }

    private void Transpose()
    {
        if (Position == 0 || Length < 2) return;
        if (Position == Length) Position--;
        (_characters[Position - 1], _characters[Position]) = (_characters[Position], _characters[Position - 1]);
        Position++;
    }

    private int WordStart(Predicate<Rune> isPart)
    {
        int start = Position;
        while (start > 0 && !isPart(_characters[start - 1])) start--;
        while (start > 0 && isPart(_characters[start - 1])) start--;
        return start;
    }

    private int WordEnd()
    {
        int end = Position;
        while (end < Length && !IsWordCharacter(_characters[end])) end++;
        while (end < Length && IsWordCharacter(_characters[end])) end++;
        return end;
    }

    private static bool IsWordCharacter(Rune character) => Rune.IsLetterOrDigit(character);
}
