using Sigrun.Storage.Files;

namespace Sigrun.Tests.Harness;

/// <summary>
/// Files in memory that behave as a file system may: the n-th call fails, or the power goes with it, and then only what
/// was synchronised is sure to be there.
/// </summary>
/// <remarks>Any thread may call.</remarks>
internal sealed class MemoryFiles : IFileSystem
{
    private readonly Lock _lock = new();
    private Dictionary<string, Node> _names = [];
    private Dictionary<string, Node> _durableNames = [];
    private HashSet<string> _directories = [];
    private HashSet<string> _durableDirectories = [];

    /// <summary>Calls so far that may fail.</summary>
    public int Calls { get; private set; }

    /// <summary>The number of the call that fails; 0 for none.</summary>
    public int FailingCall { get; set; }

    /// <summary>Whether every call after that one fails too, as if the machine were gone.</summary>
    public bool StaysOff { get; set; }

    /// <summary>Bytes that can still be written; a write that finds fewer writes those.</summary>
    public long Room { get; set; } = long.MaxValue;

    /// <summary>The names of all files.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            lock (_lock) return [.. _names.Keys];
        }
    }

    /// <summary>The bytes of a file, durable when they are given.</summary>
    public byte[] this[string path]
    {
        get
        {
            lock (_lock) return [.. _names[path].Bytes];
        }
        set
        {
            lock (_lock) _names[path] = _durableNames[path] = new Node { Bytes = [.. value], Synced = value.Length };
        }
    }

    /// <summary>What is there after the power came back: of what was not synchronised, chance says what was kept.</summary>
    public MemoryFiles AfterPowerCut(Random chance)
    {
        using Lock.Scope scope = _lock.EnterScope();
        var names = new Dictionary<string, Node>(_durableNames);
        foreach (string name in _names.Keys.Union(_durableNames.Keys).ToArray())
        {
            if (chance.Next(2) == 0) continue;
            if (_names.TryGetValue(name, out Node? node)) names[name] = node;
            else names.Remove(name);
        }
        var after = new MemoryFiles { _directories = [.. _durableDirectories] };
        foreach ((string name, Node node) in names)
        {
            if (Parent(name) is { } parent && _directories.Contains(parent) && !_durableDirectories.Contains(parent)) continue;
            int kept = node.Synced + (node.Bytes.Count > node.Synced ? chance.Next(node.Bytes.Count - node.Synced + 1) : 0);
            after[name] = [.. node.Bytes.Take(kept)];
        }
        after._durableDirectories = [.. after._directories];
        return after;
    }

    /// <summary>What is there when the process goes and the system stays.</summary>
    public MemoryFiles AfterCrash() => new()
    {
        _names = _names,
        _durableNames = _durableNames,
        _directories = _directories,
        _durableDirectories = _durableDirectories,
    };

    public IWritableFile Create(string path)
    {
        using Lock.Scope scope = _lock.EnterScope();
        Step();
        RequireDirectory(path);
        var node = new Node();
        _names[path] = node;
        return new OpenFile(this, node);
    }

    public IWritableFile OpenAppend(string path)
    {
        using Lock.Scope scope = _lock.EnterScope();
        Step();
        RequireDirectory(path);
        if (!_names.TryGetValue(path, out Node? node)) _names[path] = node = new Node();
        return new OpenFile(this, node);
    }

    public Stream OpenRead(string path)
    {
        using Lock.Scope scope = _lock.EnterScope();
        Step();
        return new MemoryStream([.. Find(path).Bytes]);
    }

    public void Rename(string from, string to)
    {
        using Lock.Scope scope = _lock.EnterScope();
        Step();
        _names[to] = Find(from);
        _names.Remove(from);
    }

    public void Delete(string path)
    {
        using Lock.Scope scope = _lock.EnterScope();
        Step();
        Find(path);
        _names.Remove(path);
    }

    public void Truncate(string path, long length)
    {
        using Lock.Scope scope = _lock.EnterScope();
        Step();
        Find(path).Cut((int)length);
    }

    public void SyncDirectory(string path)
    {
        using Lock.Scope scope = _lock.EnterScope();
        Step();
        foreach (string name in _durableNames.Keys.Where(n => Parent(n) == path && !_names.ContainsKey(n)).ToArray()) _durableNames.Remove(name);
        foreach ((string name, Node node) in _names.Where(n => Parent(n.Key) == path)) _durableNames[name] = node;
        foreach (string directory in _directories.Where(d => Parent(d) == path)) _durableDirectories.Add(directory);
    }

    public void EnsureDirectory(string path)
    {
        using Lock.Scope scope = _lock.EnterScope();
        Step();
        _directories.Add(path);
    }

    public bool DirectoryExists(string path)
    {
        lock (_lock) return _directories.Contains(path);
    }

    public bool FileExists(string path)
    {
        lock (_lock) return _names.ContainsKey(path);
    }

    public long Length(string path)
    {
        lock (_lock) return Find(path).Bytes.Count;
    }

    private static string? Parent(string path) => Path.GetDirectoryName(path);

    private static FileSystemException NoSpace() => new(FileSystemException.NoSpace, "No space left on device");

    private static FileSystemException NotThere() => new(FileSystemException.NoSuchFile, "No such file or directory");

    private Node Find(string path) => _names.TryGetValue(path, out Node? node) ? node : throw NotThere();

    /// <summary>The data directory is always there; the one of the append-only file has to be made.</summary>
    private void RequireDirectory(string path)
    {
        if (Path.GetFileName(Parent(path)) == "appendonlydir" && !_directories.Contains(Parent(path)!)) throw NotThere();
    }

    private void Step()
    {
        Calls++;
        if (FailingCall == 0) return;
        if (Calls == FailingCall || (StaysOff && Calls > FailingCall))
            throw NoSpace();
    }

    private sealed class Node
    {
        public List<byte> Bytes { get; init; } = [];

        public int Synced { get; set; }

        public void Cut(int length)
        {
            Bytes.RemoveRange(length, Bytes.Count - length);
            Synced = Math.Min(Synced, length);
        }
    }

    private sealed class OpenFile(MemoryFiles files, Node node) : IWritableFile
    {
        public int Append(ReadOnlySpan<byte> bytes)
        {
            using Lock.Scope scope = files._lock.EnterScope();
            try
            {
                files.Step();
            }
            catch (FileSystemException) when (files.StaysOff && files.Calls == files.FailingCall)
            {
                // The power goes: some of it may have reached the disk.
                node.Bytes.AddRange(bytes[..(bytes.Length / 2)]);
                throw;
            }
            int count = (int)Math.Min(files.Room, bytes.Length);
            if (count == 0 && !bytes.IsEmpty) throw NoSpace();
            node.Bytes.AddRange(bytes[..count]);
            files.Room -= count;
            return count;
        }

        public void StartSync()
        {
        }

        public void Sync()
        {
            using Lock.Scope scope = files._lock.EnterScope();
            files.Step();
            node.Synced = node.Bytes.Count;
        }

        public void Truncate(long length)
        {
            using Lock.Scope scope = files._lock.EnterScope();
            files.Step();
            node.Cut((int)length);
        }

        public void Dispose()
        {
        }
    }
}
