using Sigrun.Persistence;

namespace Sigrun.Tests.Harness;

/// <summary>
/// Files in memory that behave as a file system may: the n-th call fails, or the power goes with it, and then only what
/// was synced is sure to be there.
/// </summary>
internal sealed class MemoryFiles : IDataFiles
{
    private const int NoSpaceLeft = 28;

    private readonly Dictionary<string, Content> _names = [];
    private readonly Dictionary<string, Content> _durable = [];

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>The number of the call that fails; 0 for none.</summary>
    public int FailingCall { get; set; }

    /// <summary>Whether every call after that one fails too, as if the machine were gone.</summary>
    public bool StaysOff { get; set; }

    /// <summary>The names of all files.</summary>
    public IEnumerable<string> Names => _names.Keys;

    /// <summary>The bytes of a file.</summary>
    public byte[] this[string path]
    {
        get => [.. _names[path].Bytes];
        set
        {
            var content = new Content { DurableLength = value.Length };
            content.Bytes.AddRange(value);
            _names[path] = _durable[path] = content;
        }
    }

    /// <summary>What is there when the power comes back.</summary>
    /// <param name="keepsNames">Whether names are as they were last, or as they were when the directory was synced.</param>
    /// <param name="keepsBytes">Whether bytes that were not synced are there all the same.</param>
    public MemoryFiles AfterPowerCut(bool keepsNames, bool keepsBytes)
    {
        var files = new MemoryFiles();
        foreach ((string path, Content content) in keepsNames ? _names : _durable)
            files[path] = [.. content.Bytes.Take(keepsBytes ? content.Bytes.Count : content.DurableLength)];
        return files;
    }

    public IDataFile Create(string path)
    {
        Call();
        var content = new Content();
        _names[path] = content;
        return new OpenFile(this, content);
    }

    public IDataFile? OpenRead(string path)
    {
        Call();
        return _names.TryGetValue(path, out Content? content) ? new OpenFile(this, content) : null;
    }

    public void Rename(string from, string to)
    {
        Call();
        _names[to] = _names[from];
        _names.Remove(from);
    }

    public void Delete(string path)
    {
        Call();
        _names.Remove(path);
    }

    public void SyncDirectory(string path)
    {
        Call();
        _durable.Clear();
        foreach ((string name, Content content) in _names) _durable[name] = content;
    }

    private void Call()
    {
        Calls++;
        if (FailingCall == 0) return;
        if (Calls == FailingCall || (StaysOff && Calls > FailingCall)) throw new IOException("No space left on device", NoSpaceLeft);
    }

    private sealed class Content
    {
        public List<byte> Bytes { get; } = [];

        public int DurableLength { get; set; }
    }

    private sealed class OpenFile(MemoryFiles files, Content content) : IDataFile
    {
        private int _position;

        public long Length => content.Bytes.Count;

        public int Read(Span<byte> target)
        {
            files.Call();
            int count = Math.Min(target.Length, content.Bytes.Count - _position);
            for (int i = 0; i < count; i++) target[i] = content.Bytes[_position + i];
            _position += count;
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            files.Call();
            content.Bytes.AddRange(bytes);
        }

        public void StartSync()
        {
        }

        public void Sync()
        {
            files.Call();
            content.DurableLength = content.Bytes.Count;
        }

        public void Dispose()
        {
        }
    }
}
