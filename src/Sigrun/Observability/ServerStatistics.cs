using System.Text;
using Sigrun.Security;

namespace Sigrun.Observability;

/// <summary>The engine's counters that INFO reports.</summary>
internal sealed class ServerStatistics
{
    /// <summary>Distinct error codes that are told apart; beyond it all count as one.</summary>
    private const int ErrorCodesMax = 128;

    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly long[] _denials = new long[(int)AclDenial.Certificate + 1];
    private long _queryBufferDisconnections;

    /// <summary>Per command.</summary>
    public CommandStatistics Commands { get; } = new();

    /// <summary>Connections accepted.</summary>
    public long ConnectionsReceived { get; set; }

    /// <summary>Connections refused because of maxclients or protected mode.</summary>
    public long ConnectionsRejected { get; set; }

    /// <summary>Keys that expired.</summary>
    public long ExpiredKeys { get; set; }

    /// <summary>Fields of hashes that expired.</summary>
    public long ExpiredFields { get; set; }

    /// <summary>Expiry cycles that ended because their time was used up.</summary>
    public long ExpiredTimeCapReached { get; set; }

    /// <summary>Keys evicted because of maxmemory.</summary>
    public long EvictedKeys { get; set; }

    /// <summary>Compact forms checked because <c>sanitize-dump-payload</c> says so.</summary>
    public long SanitizedPayloads { get; set; }

    /// <summary>Clients closed because of maxmemory-clients.</summary>
    public long EvictedClients { get; set; }

    /// <summary>Lookups for reading that found the key.</summary>
    public long KeyspaceHits { get; set; }

    /// <summary>Lookups for reading that did not.</summary>
    public long KeyspaceMisses { get; set; }

    /// <summary>Errors answered.</summary>
    public long ErrorReplies { get; private set; }

    /// <summary>Errors by code.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>Takes the samples from which rates per second are computed.</summary>
    public void Sample(Engine engine)
    {
        PeakMemory = Math.Max(PeakMemory, MemoryFigures.EstimateUsedBytes(engine));
        IoTotals io = IoTotals.Read(engine);
        CommandRate.Sample(Commands.TotalCalls, engine.MonotonicNs);
        InputRate.Sample(io.All.BytesReceived, engine.MonotonicNs);
        OutputRate.Sample(io.All.BytesSent, engine.MonotonicNs);
        TurnRate.Sample(io.Own.Turns, engine.MonotonicNs);
        TurnDuration.Sample(io.ActiveNanoseconds, io.Own.Turns, unit: 1);
    }

    /// <summary>The most memory that was in use at once, as far as samples show.</summary>
    public long PeakMemory { get; private set; }

    /// <summary>Commands per second.</summary>
    public RateMeter CommandRate { get; } = new();

    /// <summary>Bytes received per second.</summary>
    public RateMeter InputRate { get; } = new();

    /// <summary>Bytes sent per second.</summary>
    public RateMeter OutputRate { get; } = new();

    /// <summary>Turns of the event loop per second.</summary>
    public RateMeter TurnRate { get; } = new();

    /// <summary>Nanoseconds per turn of the event loop.</summary>
    public RateMeter TurnDuration { get; } = new();

    /// <summary>Refusals for a reason since the start; CONFIG RESETSTAT leaves them.</summary>
    public long Denials(AclDenial denial) => _denials[(int)denial];

    /// <summary>Counts a refusal.</summary>
    public void CountDenial(AclDenial denial) => _denials[(int)denial]++;

    /// <summary>Clients disconnected because they sent more than the query buffer may hold.</summary>
    public long QueryBufferDisconnections => Volatile.Read(ref _queryBufferDisconnections);

    /// <summary>Counts a client that has sent too much; from any thread.</summary>
    public void CountQueryBufferDisconnection() => Interlocked.Increment(ref _queryBufferDisconnections);

    /// <summary>Clients disconnected because more output waited for them than may.</summary>
    public long OutputBufferDisconnections { get; set; }

    /// <summary>Counts an error by the code its text begins with.</summary>
    public void CountErrorReply(ReadOnlySpan<byte> text)
    {
        int blank = text.IndexOf((byte)' ');
        CountError(blank < 0 ? text : text[..blank]);
    }

    /// <summary>Counts an error by its code.</summary>
    public void CountError(ReadOnlySpan<byte> code)
    {
        ErrorReplies++;
        Span<char> characters = stackalloc char[64];
        int length = Encoding.Latin1.GetChars(code[..Math.Min(code.Length, characters.Length)], characters);
        ReadOnlySpan<char> key = characters[..length];
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> errors = _errors.GetAlternateLookup<ReadOnlySpan<char>>();
        if (errors.TryGetValue(key, out long count)) errors[key] = count + 1;
        else if (_errors.Count < ErrorCodesMax) _errors[key.ToString()] = 1;
    }

    /// <summary>What threads had done when the statistics were reset last.</summary>
    public IoTotals IoBefore { get; private set; }

    /// <summary>Sets everything that CONFIG RESETSTAT resets to zero.</summary>
    public void Reset(Engine engine)
    {
        IoBefore = IoTotals.Read(engine);
        foreach (RateMeter meter in (ReadOnlySpan<RateMeter>)[CommandRate, InputRate, OutputRate, TurnRate, TurnDuration]) meter.Reset();
        Commands.Reset();
        _errors.Clear();
        ErrorReplies = SanitizedPayloads = 0;
        ConnectionsReceived = ConnectionsRejected = 0;
        ExpiredKeys = ExpiredFields = ExpiredTimeCapReached = 0;
        EvictedKeys = EvictedClients = 0;
        KeyspaceHits = KeyspaceMisses = 0;
        OutputBufferDisconnections = 0;
        Volatile.Write(ref _queryBufferDisconnections, 0);
    }
}
