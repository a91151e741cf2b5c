using System.Text;

namespace Sigrun.Cli.Interactive;

/// <summary>The lines that were typed before, and the file that keeps them; lines with passwords are not written there.</summary>
internal sealed class History(string? path)
{
    private const int EntriesMax = 100;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly List<(string Line, bool IsSensitive)> _entries = [];

    /// <summary>Lines that there are.</summary>
    public int Count => _entries.Count;

    /// <summary>A line; the oldest is the first.</summary>
    public string this[int index] => _entries[index].Line;

    /// <summary>Reads the file, if there is one.</summary>
    public void Load()
    {
        if (path is null || !File.Exists(path)) return;
        try
        {
            foreach (string line in File.ReadLines(path)) Remember(line, isSensitive: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A session without old lines is better than none.
        }
    }

    /// <summary>Adds a line and writes the file.</summary>
    public void Add(string line, bool isSensitive)
    {
        Remember(line, isSensitive);
        if (path is not null && !isSensitive) Save(path);
    }

    /// <summary>The youngest line with a text that is older than an index; -1 where there is none.</summary>
    public int Search(string text, int before)
    {
        for (int i = Math.Min(before, Count) - 1; i >= 0; i--)
        {
            if (_entries[i].Line.Contains(text, StringComparison.OrdinalIgnoreCase)) return i;
        }
        return -1;
    }

    private void Remember(string line, bool isSensitive)
    {
        if (Count > 0 && _entries[^1].Line == line) return;
        if (Count == EntriesMax) _entries.RemoveAt(0);
        _entries.Add((line, isSensitive));
    }

    private void Save(string file)
    {
        var text = new StringBuilder();
        foreach ((string line, bool isSensitive) in _entries)
        {
            if (!isSensitive) text.Append(line).Append('\n');
        }
        try
        {
#pragma warning disable CA1416 // The tools run on Linux only.
            using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
            File.SetUnixFileMode(stream.SafeFileHandle, OwnerOnly);
#pragma warning restore CA1416
            stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The line was executed all the same.
        }
    }
}
