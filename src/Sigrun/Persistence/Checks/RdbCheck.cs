using System.Globalization;
using System.Text;
using Sigrun.Configuration;
using Sigrun.Storage;
using Sigrun.Storage.Files;

namespace Sigrun.Persistence.Checks;

/// <summary>Reads a snapshot file as a server would, keeps nothing of it, and tells what it meets.</summary>
internal sealed class RdbCheck : IRdbFileHandler, IDisposable
{
    private static readonly string[] Steps =
    [
        "start", "read-type", "read-expire", "read-key", "read-object-value", "check-sum", "read-len", "read-aux",
        "read-module-aux", "read-functions",
    ];

    private static readonly string[] Forms =
    [
        "string", "list-linked", "set-hashtable", "zset-v1", "hash-hashtable", "zset-v2", "module-pre-release", "module-value", "",
        "hash-zipmap", "list-ziplist", "set-intset", "zset-ziplist", "hash-ziplist", "quicklist", "stream", "hash-listpack",
        "zset-listpack", "quicklist-v2", "stream-v2", "set-listpack", "stream-v3", "hash-volatile-items",
    ];

    private readonly long _nowMs;
    private readonly TextWriter _output;
    private readonly bool _hasStatistics;
    private readonly EngineSettings _settings = new();
    private readonly Heap _heap;
    private readonly RdbStatistics _statistics = new();
    private RdbFileParser? _parser;
    private int _version;
    private int _database;
    private long _expires;
    private long _expired;
    private long _functions;
    private long _scripts;

    /// <summary>Creates a check.</summary>
    /// <param name="nowMs">The time by which keys have expired, in milliseconds since 1970.</param>
    /// <param name="output">Gets the findings.</param>
    /// <param name="hasStatistics">Whether sizes are looked at.</param>
    public RdbCheck(long nowMs, TextWriter output, bool hasStatistics)
    {
        _nowMs = nowMs;
        _output = output;
        _hasStatistics = hasStatistics;
        var random = new RandomSource(1);
        _heap = new Heap(new HeapOptions { Hasher = EngineIdentity.MakeHasher(_settings.Process.HashSeed, ref random) });
    }

    /// <summary>The bytes of the snapshot; something else may follow in the file.</summary>
    public long Length => _parser?.Offset ?? 0;

    private bool NeedsRelaxed => RdbFormat.IsForeign(_version) || _version > RdbFormat.Version;

    /// <summary>Checks a file.</summary>
    /// <param name="files">Where it is.</param>
    /// <param name="path">Its absolute path.</param>
    /// <param name="name">Its name as it was given.</param>
    /// <returns>0 when it is sound, else 1.</returns>
    public int Run(IFileSystem files, string path, string name)
    {
        Tell($"Checking RDB file {name}");
        int code = Read(files, path) ? 0 : 1;
        Tell($"Check RDB returned error code {code} (0 means success)");
        if (code != 0) return code;
        Tell(NeedsRelaxed ? @"\o/ RDB looks OK, but loading requires config 'rdb-version-check relaxed'" : @"\o/ RDB looks OK! \o/");
        WriteTotals();
        return code;
    }

    /// <summary>Writes the figures on keys and elements.</summary>
    public void WriteStatistics(TextWriter output, RdbCheckFormat format) => _statistics.Write(output, format);

    /// <inheritdoc/>
    public void OnVersion(int version, bool isForeign)
    {
        _version = version;
        if (version < 1 || isForeign != version <= RdbFormat.ForeignVersionMax)
            throw new RdbUnsupportedException($"Can't handle RDB format version {version}");
        if (version > RdbFormat.Version) Tell($"Future RDB version {version} detected");
        else if (RdbFormat.IsForeign(version)) Tell($"Foreign RDB version {version} detected");
    }

    /// <inheritdoc/>
    public void OnAux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        string text = Encoding.UTF8.GetString(name);
        if (text.Equals("lua", StringComparison.OrdinalIgnoreCase)) _scripts++;
        Tell($"AUX FIELD {text} = '{Encoding.UTF8.GetString(value)}'");
    }

    /// <inheritdoc/>
    public void OnDatabase(ulong index)
    {
        Tell($"Selecting DB ID {index}");
        _database = (int)Math.Min(index, int.MaxValue);
    }

    /// <inheritdoc/>
    public void OnSizes(ulong keys, ulong expiring, long remaining)
    {
    }

    /// <inheritdoc/>
    public void OnFunctions(ReadOnlySpan<byte> library) => _functions++;

    /// <inheritdoc/>
    public void OnModuleAux(string module) => Tell($"MODULE AUX for: {module}");

    /// <inheritdoc/>
    public void OnEntry(EntryRef entry, in RdbKeyFacts facts)
    {
        bool hasExpired = facts.ExpiryMs >= 0 && facts.ExpiryMs < _nowMs;
        if (facts.ExpiryMs >= 0) _expires++;
        if (hasExpired) _expired++;
        if (_hasStatistics) _statistics.Add(_database, entry, facts.ExpiryMs >= 0, hasExpired);
        DetachedEntry.Free(_heap, entry);
    }

    /// <inheritdoc/>
    public void OnNothing(ReadOnlySpan<byte> key, bool isEmpty) => throw new RdbFormatException("A key has an empty value");

    /// <inheritdoc/>
    public bool OnModuleValue(ReadOnlySpan<byte> key, string module) => true;

    /// <inheritdoc/>
    public RdbUnsupportedException RefuseType(byte type, bool isForeign) => new(
        isForeign && RdbFormat.IsForeign(_version) && type is >= RdbFormat.ForeignTypeMin and <= RdbFormat.ForeignTypeMax
            ? $"Unknown object type {type} in RDB file with foreign version {_version}"
        : _version > RdbFormat.Version ? $"Unknown object type {type} in RDB file with future version {_version}"
        : $"Invalid object type: {type}");

    /// <inheritdoc/>
    public void OnChecksum(ulong stored, ulong computed)
    {
        if (stored == 0) Tell("RDB file was saved with checksum disabled: no check performed.");
        else if (stored == computed) Tell("Checksum OK");
        else throw new RdbFormatException("RDB CRC error");
    }

    /// <inheritdoc/>
    public bool OnProgress(long offset) => true;

    /// <inheritdoc/>
    public void Dispose() => _heap.Dispose();

    private bool Read(IFileSystem files, string path)
    {
        try
        {
            using var window = new RdbWindow(files.OpenRead(path), sums: true);
            _parser = new RdbFileParser(window, _heap, _settings, this) { NowMs = _nowMs };
            return _parser.Parse();
        }
        catch (RdbUnsupportedException fault) when (_parser is { Step: RdbStep.Start, Version: 0 })
        {
            TellFault(fault.Message.Split(':')[0]);
        }
        catch (RdbFormatException fault)
        {
            TellFault(fault.Message);
        }
        catch (HeapExhaustedException)
        {
            TellFault("Out of memory");
        }
        catch (Exception fault) when (DiskFault.Is(fault))
        {
            if (_parser is not null) TellFault(DiskFault.Text(fault));
        }
        return false;
    }

    private void TellFault(string what)
    {
        RdbFileParser parser = _parser!;
        _output.Write("--- RDB ERROR DETECTED ---\n");
        Tell(what);
        _output.Write($"[additional info] While doing: {Steps[(int)parser.Step]}\n");
        if (!parser.Key.IsEmpty) _output.Write($"[additional info] Reading key '{Encoding.UTF8.GetString(parser.Key)}'\n");
        if (parser.Type >= 0)
        {
            string form = parser.Type < Forms.Length ? Forms[parser.Type] : "unknown";
            _output.Write($"[additional info] Reading type {parser.Type} ({form})\n");
        }
        WriteTotals();
    }

    private void Tell(string what) =>
        _output.Write(string.Create(CultureInfo.InvariantCulture, $"[offset {_parser?.Offset ?? 0}] {what}\n"));

    private void WriteTotals()
    {
        _output.Write($"[info] {_parser?.Keys ?? 0} keys read\n[info] {_expires} expires\n[info] {_expired} already expired\n[info] {_functions} functions\n");
        if (_scripts > 0) _output.Write($"[info] {_scripts} lua scripts read\n");
    }
}
