using System.Runtime.InteropServices;

namespace Sigrun.Storage;

/// <summary>The order of texts in a language, as the system's C library knows it. Belongs to one thread.</summary>
/// <remarks>The locale of the process stays as it is: a locale of its own is opened.</remarks>
public sealed partial class Collation : IDisposable
{
    // Linux's number of the category, as a set.
    private const int CollateMask = 1 << 3;

    private readonly nint _locale;
    private byte[] _text = [];
    private byte[] _key = new byte[256];

    private Collation(nint locale) => _locale = locale;

    /// <summary>Opens the order of a locale.</summary>
    /// <param name="name">The locale; empty for that of the environment variables.</param>
    /// <param name="collation">The order; null when it is that of the bytes.</param>
    /// <returns>False when the system does not have the locale.</returns>
    public static bool TryOpen(string name, out Collation? collation)
    {
        collation = null;
        if (name.Length == 0) name = NameFromEnvironment();
        if (name is "C" or "POSIX" or "C.UTF-8" or "C.utf8") return true;
        if (!OperatingSystem.IsLinux()) return false;
        nint locale = NewLocale(CollateMask, name, 0);
        if (locale != 0) collation = new Collation(locale);
        return locale != 0;
    }

    /// <summary>
    /// Bytes that are in the order of texts. Texts end before their first zero byte, and those that the language does not tell
    /// apart are in the order of their bytes. Of one that takes gigabytes only the beginning counts.
    /// </summary>
    /// <returns>The bytes, valid until the next call.</returns>
    public ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> text)
    {
        int length = text.IndexOf((byte)0);
        if (length >= 0) text = text[..length];
        if (_text.Length <= text.Length) _text = new byte[text.Length + text.Length / 2 + 1];
        text.CopyTo(_text);
        _text[text.Length] = 0;
        long weights = Transform();
        long wanted = weights + 1 + text.Length;
        if (wanted > Array.MaxLength) return KeyOf(text[..(text.Length / 2)]);
        if (_key.Length < wanted)
        {
            _key = new byte[Math.Min(wanted + wanted / 2, Array.MaxLength)];
            Transform();
        }
        text.CopyTo(_key.AsSpan((int)weights + 1));
        return _key.AsSpan(0, (int)wanted);
    }

    /// <inheritdoc/>
    public void Dispose() => FreeLocale(_locale);

    private long Transform() => (long)TransformText(ref MemoryMarshal.GetArrayDataReference(_key), in MemoryMarshal.GetArrayDataReference(_text), (nuint)_key.Length, _locale);

    private static string NameFromEnvironment()
    {
        foreach (string variable in (ReadOnlySpan<string>)["LC_ALL", "LC_COLLATE", "LANG"])
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } name) return name;
        }
        return "C";
    }

    [LibraryImport("libc", EntryPoint = "newlocale", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NewLocale(int categories, string name, nint basis);

    [LibraryImport("libc", EntryPoint = "freelocale")]
    private static partial void FreeLocale(nint locale);

    [LibraryImport("libc", EntryPoint = "strxfrm_l")]
    private static partial nuint TransformText(ref byte target, in byte text, nuint size, nint locale);
}
