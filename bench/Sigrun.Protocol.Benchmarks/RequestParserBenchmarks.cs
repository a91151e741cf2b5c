using System.Text;
using BenchmarkDotNet.Attributes;
using Sigrun.Storage.Buffers;

namespace Sigrun.Protocol.Benchmarks;

/// <summary>What a request costs before it is looked up: 128 of a kind, parsed from one buffer.</summary>
[MemoryDiagnoser]
public class RequestParserBenchmarks
{
    private const int Requests = 128;

    private readonly RequestParser _parser = new();
    private readonly CommandBatch _batch = new();
    private readonly InputBuffer _input = new();
    private byte[] _bytes = [];

    [Params("get", "set64", "inline")]
    public string Kind { get; set; } = "get";

    [GlobalSetup]
    public void Setup()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Requests; i++)
        {
            text.Append(Kind switch
            {
                "get" => $"*2\r\n$3\r\nGET\r\n$16\r\nkey:{i:D12}\r\n",
                "set64" => $"*3\r\n$3\r\nSET\r\n$16\r\nkey:{i:D12}\r\n$64\r\n{new string('x', 64)}\r\n",
                _ => $"GET key:{i:D12}\r\n",
            });
        }
        _bytes = Encoding.ASCII.GetBytes(text.ToString());
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _batch.Dispose();
        _input.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Requests)]
    public int Parse()
    {
        _input.Reset();
        _input.Append(_bytes);
        _parser.OnInputReleased();
        _parser.Parse(_input, _batch, new RequestLimits(1 << 20, false), CommandBatch.CommandsMax);
        int count = _batch.Count;
        _batch.Recycle();
        return count;
    }
}
