using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sigrun.Cli.Platform;

/// <summary>
/// The settings of the terminal on the standard input. They are Linux's: four words of flags, then the special characters; a
/// change is undone by writing back what was there.
/// </summary>
internal sealed class Terminal
{
    private const int SettingsBytes = 128;
    private const int InputFlags = 0;
    private const int OutputFlags = 4;
    private const int ControlFlags = 8;
    private const int LocalFlags = 12;
    private const int SpecialCharacters = 17;
    private const int ReadTimeout = SpecialCharacters + 5;
    private const int ReadMinimum = SpecialCharacters + 6;

    // Breaks, parity, the eighth bit, translated line ends, and stopping the output.
    private const uint InputTranslation = 0x2 | 0x10 | 0x20 | 0x100 | 0x400;
    private const uint OutputTranslation = 0x1;
    private const uint EightBits = 0x30;
    private const uint Signals = 0x1;
    private const uint Lines = 0x2;
    private const uint Echo = 0x8;
    private const uint Extensions = 0x8000;

    private const int Now = 0;
    private const int AfterOutput = 1;
    private const int WithoutPendingInput = 2;
    private const int DefaultColumns = 80;

    private readonly byte[] _settings = GC.AllocateArray<byte>(SettingsBytes, pinned: true);
    private readonly byte[] _original;

    private Terminal()
    {
        bool known = Libc.GetTerminal(0, Address(_settings)) == 0;
        _original = known ? (byte[])_settings.Clone() : [];
    }

    /// <summary>The terminal; null when the standard input is none.</summary>
    public static Terminal? Open()
    {
        if (!CliConsole.InputIsTerminal) return null;
        var terminal = new Terminal();
        return terminal._original.Length > 0 ? terminal : null;
    }

    /// <summary>Whether the terminal's name says that it knows no escape sequences.</summary>
    public static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is { } name
        && (name.Equals("dumb", StringComparison.OrdinalIgnoreCase) || name.Equals("cons25", StringComparison.OrdinalIgnoreCase) || name.Equals("emacs", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the terminal's name says that it knows colours.</summary>
    public static bool HasColors => Environment.GetEnvironmentVariable("TERM")?.Contains("xterm", StringComparison.Ordinal) == true;

    /// <summary>How wide the terminal is.</summary>
    public static int Columns
    {
        get
        {
            byte[] size = GC.AllocateArray<byte>(8, pinned: true);
            int columns = Libc.Control(1, Libc.GetWindowSize, Address(size)) == 0 ? BinaryPrimitives.ReadUInt16LittleEndian(size.AsSpan(2)) : 0;
            return columns == 0 ? DefaultColumns : columns;
        }
    }

    /// <summary>Keys come one by one, unchanged and unseen.</summary>
    public void SetRaw()
    {
        _original.CopyTo(_settings, 0);
        Change(InputFlags, clear: InputTranslation, set: 0);
        Change(OutputFlags, clear: OutputTranslation, set: 0);
        Change(ControlFlags, clear: 0, set: EightBits);
        Change(LocalFlags, clear: Echo | Lines | Extensions | Signals, set: 0);
        _settings[ReadMinimum] = 1;
        _settings[ReadTimeout] = 0;
        _ = Libc.SetTerminal(0, AfterOutput, Address(_settings));
    }

    /// <summary>Keys come one by one and unseen; Ctrl-C is still a signal.</summary>
    public void SetAnyKey()
    {
        _original.CopyTo(_settings, 0);
        Change(LocalFlags, clear: Echo | Lines, set: 0);
        _ = Libc.SetTerminal(0, Now, Address(_settings));
    }

    /// <summary>All is as it was; keys that nobody has read yet can be forgotten.</summary>
    public void Restore(bool discardInput = false)
    {
        _original.CopyTo(_settings, 0);
        _ = Libc.SetTerminal(0, discardInput ? WithoutPendingInput : Now, Address(_settings));
    }

    private void Change(int flags, uint clear, uint set)
    {
        Span<byte> word = _settings.AsSpan(flags, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(word, (BinaryPrimitives.ReadUInt32LittleEndian(word) & ~clear) | set);
    }

    private static nint Address(byte[] pinned) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}
