using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Sigrun.Storage.Benchmarks;

// "figures" prints the hand-timed table; anything else goes to BenchmarkDotNet.
if (args is ["figures", ..])
{
    Figures.Run(args[1..]);
    return;
}
ManualConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromAssembly(typeof(Figures).Assembly).Run(args, config);
