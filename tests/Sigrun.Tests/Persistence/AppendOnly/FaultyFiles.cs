using Sigrun.Storage.Files;

namespace Sigrun.Tests.Persistence.AppendOnly;

/// <summary>The power went: nothing more happens.</summary>
internal sealed class PowerCutException : Exception;

/// <summary>
/// Files in memory that know what of them is durable. The n-th call that changes something fails, or is where the power
/// goes.
/// </summary>
internal sealed class FaultyFiles : IFileSystem
{
    private Dictionary<string, Node> _names = [];
    private Dictionary<string, Node> _durableNames = [];
    private HashSet<string> _directories = [];
    private HashSet<string> _durableDirectories = [];
    private bool _isOff;

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>The call that does not succeed, 0 for none.</summary>
    public int FaultAt { get; set; }

    /// <summary>Whether the fault is the end of power rather than an error.</summary>
    public bool CutsPower { get; set; }

    /// <summary>What is there after the power came back: of what was not synchronised, chance says what was kept.</summary>
    public FaultyFiles AfterPowerCut(Random chance)
    {
        var names = new Dictionary<string, Node>(_durableNames);
        foreach (string name in _names.Keys.Union(_durableNames.Keys).ToArray())
        {
            if (chance.Next(2) == 0) continue;
            if (_names.TryGetValue(name, out Node? node)) names[name] = node;
            else names.Remove(name);
        }
        var after = new FaultyFiles { _directories = [.. _durableDirectories] };
        foreach ((string name, Node node) in names)
        {
            if (Parent(name) is { } parent && _directories.Contains(parent) && !_durableDirectories.Contains(parent)) continue;
            int kept = node.Synced + (node.Bytes.Count > node.Synced ? chance.Next(node.Bytes.Count - node.Synced + 1) : 0);
            var copy = new Node { Bytes = [.. node.Bytes.Take(kept)], Synced = kept };
            after._names[name] = after._durableNames[name] = copy;
        }
        after._durableDirectories = [.. after._directories];
        return after;
    }

    /// <summary>What is there when the process goes and the system stays.</summary>
    public FaultyFiles AfterCrash() => new()
    {
        _names = _names,
        _durableNames = _durableNames,
        _directories = _directories,
        _durableDirectories = _durableDirectories,
    };

    public IWritableFile Create(string path)
    {
        Step();
        RequireDirectory(path);
        var node = new Node();
        _names[path] = node;
        return new File(this, node);
    }

    public IWritableFile OpenAppend(string path)
    {
        Step();
        RequireDirectory(path);
        if (!_names.TryGetValue(path, out Node? node)) _names[path] = node = new Node();
        return new File(this, node);
    }

    public Stream OpenRead(string path) => new MemoryStream([.. Find(path).Bytes]);

    public void Rename(string from, string to)
    {
        Step();
        _names[to] = Find(from);
        _names.Remove(from);
    }

    public void Delete(string path)
    {
        Step();
        Find(path);
        _names.Remove(path);
    }

    public void Truncate(string path, long length)
    {
        Step();
        Find(path).Cut((int)length);
    }

    public void SyncDirectory(string path)
    {
        Step();
        foreach (string name in _durableNames.Keys.Where(n => Parent(n) == path && !_names.ContainsKey(n)).ToArray()) _durableNames.Remove(name);
        foreach ((string name, Node node) in _names.Where(n => Parent(n.Key) == path)) _durableNames[name] = node;
        foreach (string directory in _directories.Where(d => Parent(d) == path)) _durableDirectories.Add(directory);
    }

    public void EnsureDirectory(string path)
    {
        Step();
        _directories.Add(path);
    }

    public bool DirectoryExists(string path) => _directories.Contains(path);

    public bool FileExists(string path) => _names.ContainsKey(path);

    public long Length(string path) => Find(path).Bytes.Count;

    private static string? Parent(string path) => Path.GetDirectoryName(path);

    private Node Find(string path) =>
        _names.TryGetValue(path, out Node? node) ? node : throw new FileSystemException(FileSystemException.NoSuchFile, "No such file or directory");

    private void RequireDirectory(string path)
    {
        if (Path.GetFileName(Parent(path)!).Length > 0 && path.Contains("appendonlydir", StringComparison.Ordinal) && !_directories.Contains(Parent(path)!))
            throw new FileSystemException(FileSystemException.NoSuchFile, "No such file or directory");
    }

    private void Step()
    {
        if (_isOff) throw new PowerCutException();
        if (++Calls != FaultAt) return;
        if (!CutsPower) throw new FileSystemException(5, "Input/output error");
        _isOff = true;
        throw new PowerCutException();
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

    private sealed class File(FaultyFiles files, Node node) : IWritableFile
    {
        public int Append(ReadOnlySpan<byte> bytes)
        {
            try
            {
                files.Step();
            }
            catch (PowerCutException)
            {
                // Some of it may have reached the disk.
                node.Bytes.AddRange(bytes[..(bytes.Length / 2)]);
                throw;
            }
            node.Bytes.AddRange(bytes);
            return bytes.Length;
        }

        public void Sync()
        {
            files.Step();
            node.Synced = node.Bytes.Count;
        }

        public void Truncate(long length)
        {
            files.Step();
            node.Cut((int)length);
        }

        public void Dispose()
        {
        }
    }
}
