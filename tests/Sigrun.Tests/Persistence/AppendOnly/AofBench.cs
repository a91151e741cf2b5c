using System.Text;
using Sigrun.Configuration;
using Sigrun.Observability;
using Sigrun.Persistence.AppendOnly;
using Sigrun.Storage;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>An engine with an append-only file and no connections.</summary>
internal sealed class AofBench : IDisposable
{
    private readonly ServerLog _log;

    public AofBench(MemoryFiles files, bool withSnapshot, bool appends = true)
    {
        var settings = new ServerConfiguration("/data").Settings;
        settings.Persistence.AppendOnly = appends;
        settings.Persistence.AppendFsync = AppendFsync.Always;
        settings.Persistence.AofUseRdbPreamble = withSnapshot;
        var clock = new TestClock();
        _log = new ServerLog(settings.Observability, clock, new NoLogOutput());
        Engine = new Engine(settings, clock, _log, 1, new HeapOptions { ReserveBytes = 1L << 30 }, files);
        File = new AppendOnlyFile(Engine) { OnFatal = () => HasFailed = true };
        Engine.AppendOnlyFile = File;
    }

    public Engine Engine { get; }

    public AppendOnlyFile File { get; }

    public bool HasFailed { get; private set; }

    public void Do(params string[] arguments)
    {
        using var replay = new AofReplay(Engine);
        replay.Begin();
        foreach (string argument in arguments) Encoding.ASCII.GetBytes(argument).CopyTo(replay.AddArgument(argument.Length));
        replay.Complete();
        replay.Run();
    }

    /// <summary>Runs a command to its reply; false when there is none since the server ended.</summary>
    public bool TryDo(params string[] arguments)
    {
        Do(arguments);
        Engine.EndTurn();
        return !HasFailed;
    }

    /// <summary>Lets a snapshot that is under way come to its end.</summary>
    public void EndSnapshot() => TestClock.WaitUntil(
        () =>
        {
            Engine.Background.OnTurn();
            return !Engine.Background.IsActive;
        },
        "end of the snapshot");

    public long ListLength()
    {
        var key = new KeyRef("list"u8, Engine.Hasher.Hash("list"u8));
        EntryRef entry = Engine.Databases[0].Keys.Find(key.Hash, key.Bytes);
        return entry.IsNull ? 0 : Sigrun.Storage.Structures.Lists.ListValue.Length(entry);
    }

    public void Dispose()
    {
        Engine.Dispose();
        _log.Dispose();
    }
}
