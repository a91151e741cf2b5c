using Sigrun.Configuration;

namespace Sigrun;

/// <summary>The warnings since something began, which say why it has failed: the last one alone is often only the consequence. Any thread.</summary>
internal sealed class RecentWarnings
{
    private const int CountMax = 16;

    private readonly Queue<string> _lines = new(CountMax);
    private readonly Lock _gate = new();

    /// <summary>Something begins: what was before has nothing to do with it.</summary>
    public void Clear()
    {
        lock (_gate) _lines.Clear();
    }

    /// <summary>Notes a warning of the log.</summary>
    public void Add(string message)
    {
        lock (_gate)
        {
            if (_lines.Count == CountMax) _lines.Dequeue();
            _lines.Enqueue(ConfigText.ToString(message).Trim());
        }
    }

    /// <summary>All of them in one line, or <paramref name="otherwise"/> when there are none.</summary>
    public string Text(string otherwise)
    {
        lock (_gate) return _lines.Count == 0 ? otherwise : string.Join("; ", _lines);
    }
}
