namespace Sigrun.Benchmark;

/// <summary>The run cannot go on; the message is for the user.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
