using System.Buffers.Text;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sigrun.Server.Platform;
using Sigrun.Storage;

namespace Sigrun.Server;

/// <summary>Keeps the runtime's compiler, which recompiles what runs often, from holding up commands.</summary>
/// <remarks>
/// In the first seconds of load it has some hundred milliseconds of work. Where it shares a core with the engine, each of
/// its turns of some milliseconds would be a wait that clients see; so at first it runs only when nothing else wants the
/// core. On a core that is never idle it would never come to an end, and commands would go on in slower code: once it
/// has waited long enough it gets a small share.
/// </remarks>
internal sealed class CompilerThread : IDisposable
{
    private const string Tasks = "/proc/self/task";

    private const string Figures = "/schedstat";

    /// <summary>The thread's name, as far as the system keeps names.</summary>
    private const string Name = ".NET Tiered Com";

    /// <summary>How long it may wait for a core in all.</summary>
    private const long PatienceNs = 1_000_000_000;

    private readonly int _thread;
    private readonly SafeFileHandle _figures;
    private bool _yields;

    private CompilerThread(string task)
    {
        _thread = int.Parse(Path.GetFileName(task.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture);
        _figures = File.OpenHandle(task + Figures);
        _yields = Libc.SetScheduler(_thread, Libc.WhenIdle, new PinnedBytes(sizeof(int)).Address) == 0;
    }

    /// <summary>Finds the thread and lets it give way; null where there is none or the system cannot do that.</summary>
    public static CompilerThread? Find()
    {
        if (!Directory.Exists(Tasks)) return null;
        foreach (string task in Directory.EnumerateDirectories(Tasks))
        {
            if (File.Exists(task + Figures) && IsCompiler(task)) return new CompilerThread(task);
        }
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _figures.Dispose();

    /// <summary>Looks whether it has waited long enough; called about once a second.</summary>
    public void Look()
    {
        if (!_yields) return;
        try
        {
            if (WaitedNs() < PatienceNs) return;
        }
        catch (IOException)
        {
            // A thread may end at any time.
            _yields = false;
            return;
        }
        _yields = false;
        _ = Libc.SetScheduler(_thread, Libc.ByShare, new PinnedBytes(sizeof(int)).Address);
        BackgroundPriority.Give(_thread);
    }

    /// <summary>The second of the figures: nanoseconds ready to run, but not running.</summary>
    private long WaitedNs()
    {
        Span<byte> text = stackalloc byte[64];
        ReadOnlySpan<byte> figures = text[..RandomAccess.Read(_figures, text, fileOffset: 0)];
        _ = Utf8Parser.TryParse(figures[(figures.IndexOf((byte)' ') + 1)..], out long waited, out _);
        return waited;
    }

    private static bool IsCompiler(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").StartsWith(Name, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // A thread may end at any time.
            return false;
        }
    }
}
