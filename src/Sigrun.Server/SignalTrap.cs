using System.Runtime.InteropServices;
using Sigrun.Observability;
using Sigrun.Server.Platform;

namespace Sigrun.Server;

/// <summary>Hands the signals that end a process, and SIGALRM, to a thread that may do what no signal handler may.</summary>
/// <remarks>
/// The handlers are machine code (<see cref="SignalStub"/>), since the runtime's own registrations neither tell who has sent a
/// signal nor leave it its null references; and without any, the runtime ignores the first SIGABRT that somebody sends. The
/// thread does nothing until a signal comes.
/// </remarks>
internal sealed class SignalTrap
{
    /// <summary>SIGALRM.</summary>
    public const int Alarm = 14;

    private const int SignalActionBytes = 152;
    private const int FlagsIndex = 17;
    private const long TakesInformation = 4, OnAlternateStack = 0x08000000, RestartsCalls = 0x10000000;
    private const int ReadWrite = 3, ReadExecute = 5;
    private const int PrivateAnonymous = 0x22;
    private const int CloseOnExecute = 0x80000;
    private const int RecordBytes = 4 * sizeof(long);
    private const int StubBytes = 256;
    private const int PageBytes = 4096;

    /// <summary>SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGALRM.</summary>
    private static readonly int[] Trapped = [4, 6, 7, 8, 11, Alarm];

    private readonly Action<CrashSignal> _onSignal;
    private readonly int _events;
    private readonly int _eventsTarget;
    private readonly int _goAhead;
    private readonly int _goAheadTarget;
    private readonly nint _page;
    private readonly PinnedBytes[] _before = new PinnedBytes[Trapped.Length];

    private SignalTrap(Action<CrashSignal> onSignal, nint page)
    {
        _onSignal = onSignal;
        _page = page;
        (_events, _eventsTarget) = Pipe();
        (_goAhead, _goAheadTarget) = Pipe();
    }

    /// <summary>Begins; null where there is no handler for the processor.</summary>
    public static SignalTrap? Set(Action<CrashSignal> onSignal)
    {
        if (!SignalStub.IsSupported) return null;
        nint page = Libc.Map(0, PageBytes, ReadWrite, PrivateAnonymous, -1, 0);
        if (page == -1) return null;
        SignalTrap trap = new(onSignal, page);
        trap.WriteStubs();
        if (Libc.Protect(page, PageBytes, ReadExecute) != 0) return null;
        new Thread(trap.Wait) { IsBackground = true, Name = "signals" }.Start();
        for (int i = 0; i < Trapped.Length; i++) trap.Install(Trapped[i], i);
        return trap;
    }

    /// <summary>Lets the thread that has failed go on, to the runtime's handler.</summary>
    public void GoAhead() => _ = Libc.Write(_goAheadTarget, _before[0].Address, 1);

    /// <summary>Has a signal do again what signals do that nobody has changed.</summary>
    public static void Forget(int signal) => _ = Libc.SetSignalAction(signal, new PinnedBytes(SignalActionBytes).Address, 0);

    /// <summary>Ends the process by a signal, as if there had never been a handler.</summary>
    public static void End(int signal)
    {
        Forget(signal);
        _ = Libc.SendSignal(Environment.ProcessId, signal);
    }

    private static (int Source, int Target) Pipe()
    {
        PinnedBytes descriptors = new(sizeof(long));
        if (Libc.Pipe(descriptors.Address, CloseOnExecute) != 0) throw new IOException("No more files can be opened.");
        return ((int)descriptors[0], (int)(descriptors[0] >> 32));
    }

    /// <summary>One handler per signal, since each ends in the one that the signal had.</summary>
    private void WriteStubs()
    {
        for (int i = 0; i < Trapped.Length; i++)
        {
            PinnedBytes before = new(SignalActionBytes);
            _ = Libc.SetSignalAction(Trapped[i], 0, before.Address);
            _before[i] = before;
            byte[] code = SignalStub.Make(_eventsTarget, _goAhead, before[0]);
            Marshal.Copy(code, 0, _page + i * StubBytes, code.Length);
        }
    }

    private void Install(int signal, int index)
    {
        PinnedBytes action = new(SignalActionBytes);
        _before[index].Span.CopyTo(action.Span);
        action[0] = _page + index * StubBytes;
        action[FlagsIndex] |= TakesInformation | OnAlternateStack | RestartsCalls;
        _ = Libc.SetSignalAction(signal, action.Address, 0);
    }

    private void Wait()
    {
        PinnedBytes record = new(RecordBytes);
        while (true)
        {
            nint read = Libc.Read(_events, record.Address, RecordBytes);
            if (read == RecordBytes) _onSignal(new CrashSignal((int)record[1], (int)record[2], record[3], record[0]));
            else if (Marshal.GetLastSystemError() != Libc.Interrupted) return;
        }
    }
}
