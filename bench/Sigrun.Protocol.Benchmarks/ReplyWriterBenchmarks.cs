using BenchmarkDotNet.Attributes;
using Sigrun.Storage.Buffers;

namespace Sigrun.Protocol.Benchmarks;

/// <summary>What a reply costs: 128 of a kind, written and dropped.</summary>
[MemoryDiagnoser]
public class ReplyWriterBenchmarks
{
    private const int Replies = 128;

    private readonly BufferPool _pool = new();
    private readonly byte[] _value = new byte[64];
    private OutputQueue _output = null!;
    private ReplyWriter _writer = null!;

    [GlobalSetup]
    public void Setup()
    {
        _output = new OutputQueue(_pool);
        _writer = new ReplyWriter(_output);
    }

    [GlobalCleanup]
    public void Cleanup() => _pool.Dispose();

    [Benchmark(OperationsPerInvoke = Replies)]
    public void Bulk64()
    {
        for (int i = 0; i < Replies; i++) _writer.Bulk(_value);
        Drop();
    }

    [Benchmark(OperationsPerInvoke = Replies)]
    public void Ok()
    {
        for (int i = 0; i < Replies; i++) _writer.Ok();
        Drop();
    }

    [Benchmark(OperationsPerInvoke = Replies)]
    public void Integer()
    {
        for (int i = 0; i < Replies; i++) _writer.Integer(i * 1_000_003L);
        Drop();
    }

    private void Drop()
    {
        _writer.Flush();
        _output.Clear();
    }
}
