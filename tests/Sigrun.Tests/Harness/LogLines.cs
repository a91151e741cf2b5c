using System.Text;
using Sigrun.Observability;

namespace Sigrun.Tests.Harness;

/// <summary>A log that a test can read.</summary>
internal sealed class LogLines : ILogOutput
{
    private readonly StringBuilder _text = new();

    public void Write(ReadOnlySpan<byte> lines)
    {
        lock (_text) _text.Append(Encoding.UTF8.GetString(lines));
    }

    public override string ToString()
    {
        lock (_text) return _text.ToString();
    }
}
