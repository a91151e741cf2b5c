using System.Text;

namespace Sigrun.Cli.Interactive;

/// <summary>What a key asks for.</summary>
internal enum KeyAction
{
    /// <summary>A character.</summary>
    Character,

    /// <summary>A key without a meaning.</summary>
    Unknown,

    /// <summary>No more keys will come.</summary>
    EndOfInput,

    /// <summary>The line is complete.</summary>
    Accept,

    /// <summary>Ctrl-C.</summary>
    Interrupt,

    /// <summary>Ctrl-D: delete, or the end on an empty line.</summary>
    DeleteOrEnd,

    /// <summary>Give up what is going on.</summary>
    Cancel,

    /// <summary>Complete.</summary>
    Complete,

    /// <summary>Search what was typed before.</summary>
    Search,

    /// <summary>The line before.</summary>
    Previous,

    /// <summary>The line after.</summary>
    Next,

    /// <summary>One to the left.</summary>
    Left,

    /// <summary>One to the right.</summary>
    Right,

    /// <summary>To the beginning of the word.</summary>
    WordLeft,

    /// <summary>To the end of the word.</summary>
    WordRight,

    /// <summary>To the beginning of the line.</summary>
    Home,

    /// <summary>To the end of the line.</summary>
    End,

    /// <summary>Delete to the left.</summary>
    Backspace,

    /// <summary>Delete to the right.</summary>
    Delete,

    /// <summary>Delete the word to the left.</summary>
    KillWordLeft,

    /// <summary>Delete the word to the right.</summary>
    KillWordRight,

    /// <summary>Delete the rest of the line.</summary>
    KillToEnd,

    /// <summary>Delete the line.</summary>
    KillLine,

    /// <summary>Insert what was deleted last.</summary>
    Yank,

    /// <summary>Exchange two characters.</summary>
    Transpose,

    /// <summary>Clear the screen.</summary>
    ClearScreen,
}

/// <summary>A key that was pressed.</summary>
internal readonly record struct Key(KeyAction Action, Rune Character = default);
