using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Sigrun.Server.Platform;
using Sigrun.Storage;
using Sigrun.Storage.Files;

namespace Sigrun.Server;

/// <summary>Keeps the runtime's compiler, which recompiles what runs often, from holding up commands.</summary>
/// <remarks>
/// In the first seconds of load it has some hundred milliseconds of work. Where it shares a core with the engine, each of
/// its turns of some milliseconds would be a wait that clients see; so at first it runs only when nothing else wants the
/// core. On a core that is never idle it would never come to an end, and commands would go on in slower code: once it
/// has waited long enough it gets a small share, in turns as short as the system grants. Its thread ends when there has
/// been nothing to do for some seconds, and another begins later, which waits a tenth of a second before it works: it is
/// found by the number of threads, which costs one read of a file per look.
/// </remarks>
internal sealed class CompilerThread
{
    /// <summary>How long it may wait for a core in all.</summary>
    private const long PatienceNs = 5_000_000_000;

    private const long TurnNs = 100_000;

    /// <summary>Which field behind the process's name, counted from 0, is the number of threads.</summary>
    private const int ThreadsField = 17;

    /// <summary>The system's <c>sched_attr</c>: size and policy, flags, niceness and priority, run time, two more.</summary>
    private readonly PinnedBytes _attributes = new(6 * sizeof(long));
    private byte[]? _figures;
    private long _threads;
    private long _waitedNs;
    private long _waitedBeforeNs;
    private int _thread;
    private bool _hasBegun;

    private bool Yields => _waitedBeforeNs + _waitedNs < PatienceNs;

    /// <summary>Begins; null where the system does not tell of threads.</summary>
    public static CompilerThread? Watch() => CountThreads() > 0 ? new CompilerThread() : null;

    /// <summary>Looks whether there is another thread, or whether the one there is has waited long enough; called some times a second.</summary>
    /// <remarks>Not the first time, which is part of the start: the thread waits before it works.</remarks>
    public void Look()
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            return;
        }
        if (_figures is not null) LookAtWait(_figures);
        long threads = CountThreads();
        if (threads == _threads) return;
        _threads = threads;
        if (_figures is null) Find();
    }

    private void LookAtWait(byte[] figures)
    {
        bool yielded = Yields;
        if (TryReadWait(figures, out long waitedNs))
        {
            _waitedNs = waitedNs;
            if (yielded && !Yields) Schedule();
            return;
        }
        _waitedBeforeNs += _waitedNs;
        _waitedNs = 0;
        _threads = 0;
        _figures = null;
    }

    private void Find()
    {
        Span<byte> name = stackalloc byte[32];
        foreach (int thread in SystemReport.Numbers("/proc/self/task"u8))
        {
            int length = SystemReport.Read(PathOf(thread, "comm"), name);
            // As far as the system keeps names.
            if (!name[..length].StartsWith(".NET Tiered Com"u8)) continue;
            _figures = PathOf(thread, "schedstat");
            _thread = thread;
            Schedule();
            return;
        }
    }

    private static byte[] PathOf(int thread, string file) =>
        Encoding.ASCII.GetBytes("/proc/self/task/" + thread.ToString(CultureInfo.InvariantCulture) + "/" + file + "\0");

    /// <summary>The second of the figures: nanoseconds ready to run, but not running. False when the thread has ended.</summary>
    private static bool TryReadWait(ReadOnlySpan<byte> figures, out long waitedNs)
    {
        Span<byte> text = stackalloc byte[64];
        int length = SystemReport.Read(figures, text);
        return Utf8Parser.TryParse(text[(text.IndexOf((byte)' ') + 1)..length], out waitedNs, out _);
    }

    /// <summary>The threads of the process; 0 where that cannot be known.</summary>
    private static long CountThreads()
    {
        Span<byte> text = stackalloc byte[512];
        ReadOnlySpan<byte> fields = text[..SystemReport.Read("/proc/self/stat"u8, text)];
        fields = fields[(fields.LastIndexOf((byte)')') + 1)..];
        for (int i = 0; i <= ThreadsField; i++) fields = fields[(fields.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(fields, out long threads, out _) ? threads : 0;
    }

    private void Schedule()
    {
        // The policy for idle time takes no length of turns, but keeps the one that was set before.
        SetScheduler(Libc.ByShare, Yields ? 0 : BackgroundPriority.Niceness, TurnNs);
        if (Yields) SetScheduler(Libc.WhenIdle, niceness: 0, turnNs: 0);
    }

    /// <summary>Sets policy, niceness and the length of a turn; what the system does not know it ignores or refuses.</summary>
    private void SetScheduler(int policy, int niceness, long turnNs)
    {
        _attributes[0] = _attributes.Span.Length + ((long)policy << 32);
        _attributes[2] = niceness;
        _attributes[3] = turnNs;
        _ = Libc.SetScheduler(Libc.SetSchedulerNumber, _thread, _attributes.Address, 0);
    }
}
