using System.Globalization;
using System.Text;
using Sigrun.Configuration;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>One file of an append-only log.</summary>
/// <param name="Name">Its name in the directory of the log.</param>
/// <param name="Sequence">Its number among the files of its kind.</param>
internal sealed record AofFile(string Name, long Sequence);

/// <summary>
/// Which files make up the append-only log, in the order in which they are read: a base, then increments. History files
/// are no longer needed and wait to be deleted.
/// </summary>
/// <remarks>Immutable, so that a change is in force only once it is on the disk.</remarks>
internal sealed record AofManifest
{
    private const int LineMax = 1024;

    /// <summary>The state of the data at the last rewrite, or null.</summary>
    public AofFile? Base { get; init; }

    /// <summary>The writes since, oldest first.</summary>
    public IReadOnlyList<AofFile> Increments { get; init; } = [];

    /// <summary>Files that a rewrite has replaced.</summary>
    public IReadOnlyList<AofFile> History { get; init; } = [];

    /// <summary>The number of the last base.</summary>
    public long BaseSequence { get; init; }

    /// <summary>The number of the last increment.</summary>
    public long IncrementSequence { get; init; }

    /// <summary>True when no file is named that would be read.</summary>
    public bool IsEmpty => Base is null && Increments.Count == 0;

    /// <summary>The manifest with a new base; the one before is history.</summary>
    public AofManifest WithNewBase(string logName, bool isSnapshot)
    {
        long sequence = BaseSequence + 1;
        string name = string.Create(CultureInfo.InvariantCulture, $"{logName}.{sequence}.base{(isSnapshot ? ".rdb" : ".aof")}");
        return this with
        {
            Base = new AofFile(name, sequence),
            BaseSequence = sequence,
            History = Base is null ? History : [Base, .. History],
        };
    }

    /// <summary>The manifest with one more increment.</summary>
    public AofManifest WithNewIncrement(string logName)
    {
        long sequence = IncrementSequence + 1;
        string name = string.Create(CultureInfo.InvariantCulture, $"{logName}.{sequence}.incr.aof");
        return this with { Increments = [.. Increments, new AofFile(name, sequence)], IncrementSequence = sequence };
    }

    /// <summary>The manifest in which all increments but the last <paramref name="kept"/> are history.</summary>
    public AofManifest WithOldIncrementsAsHistory(int kept)
    {
        int old = Math.Max(0, Increments.Count - kept);
        return this with
        {
            Increments = [.. Increments.Skip(old)],
            History = [.. Increments.Take(old), .. History],
        };
    }

    /// <summary>The manifest's file.</summary>
    public byte[] Format()
    {
        var text = new StringBuilder();
        if (Base is not null) AppendLine(text, Base, 'b');
        foreach (AofFile file in History) AppendLine(text, file, 'h');
        foreach (AofFile file in Increments) AppendLine(text, file, 'i');
        return ConfigText.ToBytes(text.ToString());
    }

    /// <summary>Reads a manifest's file; throws <see cref="AofManifestException"/> when it is none.</summary>
    public static AofManifest Parse(ReadOnlySpan<byte> file)
    {
        var reader = new Reader();
        int number = 0;
        while (!file.IsEmpty)
        {
            int end = file[..Math.Min(file.Length, LineMax)].IndexOf((byte)'\n');
            int length = end < 0 ? Math.Min(file.Length, LineMax) : end + 1;
            ReadOnlySpan<byte> line = file[..length];
            file = file[length..];
            number++;
            if (line[0] == '#') continue;
            if (end < 0) throw new AofManifestException("The AOF manifest file contains too long line", number, null);
            reader.Add(ConfigText.FromBytes(line).Trim(' ', '\t', '\r', '\n'), number);
        }
        return number > 0 ? reader.Result() : throw new AofManifestException("Found an empty AOF manifest", 0, null);
    }

    private static void AppendLine(StringBuilder text, AofFile file, char kind)
    {
        text.Append("file ");
        if (NeedsQuotes(file.Name)) ConfigurationLine.AppendQuoted(text, file.Name);
        else text.Append(file.Name);
        text.Append(CultureInfo.InvariantCulture, $" seq {file.Sequence} type {kind}\n");
    }

    private static bool NeedsQuotes(string name)
    {
        if (name.Length == 0) return true;
        foreach (char c in name)
        {
            if (c is <= ' ' or > '~' or '\\' or '"' or '\'') return true;
        }
        return false;
    }

    private sealed class Reader
    {
        private readonly List<AofFile> _increments = [];
        private readonly List<AofFile> _history = [];
        private AofFile? _base;
        private long _last;

        public void Add(string line, int number)
        {
            if (line.Length == 0) throw new AofManifestException("Invalid AOF manifest file format", number, line);
            string[]? words = ConfigurationLine.Split(line);
            if (words is null || words.Length < 6 || words.Length % 2 != 0) throw new AofManifestException("Invalid AOF manifest file format", number, line);
            if (TryAdd(words) is { } fault) throw new AofManifestException(fault, number, line);
        }

        public AofManifest Result() => new()
        {
            Base = _base,
            BaseSequence = _base?.Sequence ?? 0,
            Increments = _increments,
            IncrementSequence = _last,
            History = _history,
        };

        private string? TryAdd(string[] words)
        {
            string name = "";
            long sequence = 0;
            char kind = '\0';
            for (int i = 0; i < words.Length; i += 2)
            {
                string value = words[i + 1];
                if (words[i].Equals("file", StringComparison.OrdinalIgnoreCase)) name = value;
                else if (words[i].Equals("seq", StringComparison.OrdinalIgnoreCase)) sequence = LeadingNumber(value);
                else if (words[i].Equals("type", StringComparison.OrdinalIgnoreCase)) kind = value.Length > 0 ? value[0] : '\0';
                if (name.Contains('/') || name.Contains('\\')) return "File can't be a path, just a filename";
            }
            if (name.Length == 0 || sequence == 0 || kind == '\0') return "Invalid AOF manifest file format";
            return Add(new AofFile(name, sequence), kind);
        }

        private string? Add(AofFile file, char kind)
        {
            switch (kind)
            {
                case 'b':
                    if (_base is not null) return "Found duplicate base file information";
                    _base = file;
                    return null;
                case 'h':
                    _history.Add(file);
                    return null;
                case 'i':
                    if (file.Sequence <= _last) return "Found a non-monotonic sequence number";
                    _increments.Add(file);
                    _last = file.Sequence;
                    return null;
                default:
                    return "Unknown AOF file type";
            }
        }

        private static long LeadingNumber(string text)
        {
            int end = text.StartsWith('-') ? 1 : 0;
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
            return long.TryParse(text.AsSpan(0, end), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : 0;
        }
    }
}

/// <summary>A manifest says nothing that can be followed.</summary>
/// <param name="reason">What is wrong, as the log says it.</param>
/// <param name="lineNumber">The line, from 1.</param>
/// <param name="line">Its text; null when the line itself could not be read.</param>
internal sealed class AofManifestException(string reason, int lineNumber, string? line) : Exception(reason)
{
    /// <summary>The line, from 1.</summary>
    public int LineNumber { get; } = lineNumber;

    /// <summary>Its text; null when the line itself could not be read.</summary>
    public string? Line { get; } = line;
}
