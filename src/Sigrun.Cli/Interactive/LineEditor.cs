using System.Text;
using Sigrun.Cli.Platform;

namespace Sigrun.Cli.Interactive;

/// <summary>
/// Lets the user type a line on a terminal, with the keys of Emacs, the lines typed before, completion, and a hint of what may
/// follow.
/// </summary>
internal sealed class LineEditor : ILineReader
{
    private readonly Terminal _terminal;
    private readonly CliConsole _console;
    private readonly History _history;
    private readonly KeyReader _keys;
    private readonly LinePainter _painter;
    private readonly LineBuffer _line = new();
    private readonly Dictionary<int, string> _edited = [];
    private string _prompt = "";
    private int _shown;

    /// <summary>An editor on a terminal.</summary>
    public LineEditor(Terminal terminal, CliConsole console, History history)
    {
        _terminal = terminal;
        _console = console;
        _history = history;
        _keys = new KeyReader(console.In);
        _painter = new LinePainter(console.Out);
    }

    /// <summary>What a line can become when the user wants it completed.</summary>
    public Func<string, List<string>> Complete { get; init; } = static _ => [];

    /// <summary>What may follow a line; null for nothing.</summary>
    public Func<string, string?> Hint { get; init; } = static _ => null;

    /// <summary>Whether stars are shown in place of characters.</summary>
    public bool IsMasked { get; init; }

    /// <inheritdoc/>
    public bool HasBufferedInput => false;

    /// <inheritdoc/>
    public byte[]? ReadLine(string prompt)
    {
        _prompt = prompt;
        _shown = _history.Count;
        _edited.Clear();
        _line.Set("");
        _painter.Reset();
        _terminal.SetRaw();
        try
        {
            Paint(showHint: false);
            return Edit() ? Encoding.UTF8.GetBytes(_line.Text) : null;
        }
        finally
        {
            _terminal.Restore();
            _console.Print("\n");
            _console.Flush();
        }
    }

    /// <summary>Handles keys until the line is complete; false when there is none.</summary>
    private bool Edit()
    {
        while (true)
        {
            Key key = _keys.Read();
            if (key.Action == KeyAction.Complete && !IsMasked) key = ChooseCompletion();
            if (key.Action == KeyAction.Search && !IsMasked) key = Search();
            switch (key.Action)
            {
                case KeyAction.Accept:
                    _line.Apply(KeyAction.End);
                    Paint(showHint: false);
                    return true;
                case KeyAction.EndOfInput:
                    return _line.Length > 0;
                case KeyAction.Interrupt:
                case KeyAction.DeleteOrEnd when _line.Length == 0:
                    return false;
                default:
                    Handle(key);
                    Paint(showHint: true);
                    break;
            }
        }
    }

    private void Handle(Key key)
    {
        switch (key.Action)
        {
            case KeyAction.Character:
                _line.Insert(key.Character);
                break;
            case KeyAction.DeleteOrEnd:
                _line.Apply(KeyAction.Delete);
                break;
            case KeyAction.Previous:
                Show(_shown - 1);
                break;
            case KeyAction.Next:
                Show(_shown + 1);
                break;
            case KeyAction.ClearScreen:
                ClearScreen(_console);
                _painter.Reset();
                break;
            default:
                _line.Apply(key.Action);
                break;
        }
    }

    /// <summary>Wipes the screen.</summary>
    public static void ClearScreen(CliConsole console)
    {
        console.Out.Append("\e[H\e[2J"u8);
        console.Flush();
    }

    /// <summary>Goes to another of the lines typed before; the one behind the last is new. What was changed stays for now.</summary>
    private void Show(int index)
    {
        if (index < 0 || index > _history.Count) return;
        _edited[_shown] = _line.Text;
        _shown = index;
        _line.Set(_edited.GetValueOrDefault(index) ?? _history[index]);
    }

    /// <summary>Shows one completion after the other; the key that takes one is returned and does what it always does.</summary>
    private Key ChooseCompletion()
    {
        string original = _line.Text;
        List<string> choices = Complete(original);
        if (choices.Count == 0)
        {
            Beep();
            return new Key(KeyAction.Unknown);
        }
        // The line as it was comes behind the last.
        choices.Add(original);
        for (int i = 0; ; i = (i + 1) % choices.Count)
        {
            _line.Set(choices[i]);
            if (i == choices.Count - 1) Beep();
            Paint(showHint: true);
            Key key = _keys.Read();
            if (key.Action == KeyAction.Complete) continue;
            if (key.Action is not (KeyAction.Cancel or KeyAction.Unknown)) return key;
            _line.Set(original);
            return key;
        }
    }

    /// <summary>Searches the lines typed before while the user types what to look for.</summary>
    private Key Search()
    {
        string original = _line.Text;
        var wanted = new LineBuffer();
        int found = _history.Count;
        while (true)
        {
            PaintSearch(wanted.Text, found);
            Key key = _keys.Read();
            switch (key.Action)
            {
                case KeyAction.Character:
                    wanted.Insert(key.Character);
                    found = SearchFrom(wanted.Text, found + 1, found);
                    break;
                case KeyAction.Backspace:
                    wanted.Apply(KeyAction.Backspace);
                    found = SearchFrom(wanted.Text, _history.Count, _history.Count);
                    break;
                case KeyAction.Search:
                    found = SearchFrom(wanted.Text, found, found);
                    break;
                case KeyAction.Cancel or KeyAction.Interrupt:
                    _line.Set(original);
                    return new Key(KeyAction.Unknown);
                default:
                    if (found < _history.Count) Show(found);
                    return key;
            }
        }
    }

    private int SearchFrom(string text, int before, int otherwise)
    {
        int found = text.Length == 0 ? -1 : _history.Search(text, before);
        if (found < 0 && text.Length > 0) Beep();
        return found < 0 ? otherwise : found;
    }

    private void PaintSearch(string wanted, int found)
    {
        if (found < _history.Count) _line.Set(_history[found]);
        _painter.Paint($"(reverse-i-search)`{wanted}': ", _line, hint: null, isMasked: false, Terminal.Columns);
        _console.Flush();
    }

    private void Paint(bool showHint)
    {
        string text = _line.Text;
        string? hint = showHint && !IsMasked && text.Length > 0 ? Hint(text) : null;
        if (hint is not null && !text.EndsWith(' ')) hint = " " + hint;
        _painter.Paint(_prompt, _line, hint, IsMasked, Terminal.Columns);
        _console.Flush();
    }

    private void Beep() => _console.Out.Append((byte)7);
}
