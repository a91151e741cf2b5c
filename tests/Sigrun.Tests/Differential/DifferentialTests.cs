using System.Globalization;
using Xunit.Abstractions;

namespace Sigrun.Tests.Differential;

/// <summary>
/// Random commands against Debian's redis-server. <c>tests/fuzz</c> runs the same for as long and with whatever
/// seed one likes: it sets the two variables that are read here.
/// </summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private static readonly string? Seed = Environment.GetEnvironmentVariable("SIGRUN_FUZZ_SEED");
    private static readonly string? Commands = Environment.GetEnvironmentVariable("SIGRUN_FUZZ_COMMANDS");

    [Theory]
    [InlineData(1, 2, 1, false)]
    [InlineData(2, 3, 1, true)]
    [InlineData(3, 3, 3, true)]
    public void Replies_are_the_same(int seed, int version, int ioThreads, bool lowLimits) =>
        Check(new RunOptions(seed, version, IoThreads: ioThreads, LowLimits: lowLimits), 60_000);

    [Theory]
    [InlineData(4, 2, false)]
    [InlineData(5, 3, true)]
    public void Events_and_effects_are_the_same(int seed, int version, bool checking) =>
        Check(new RunOptions(seed, version, Traced: true, Checking: checking, LowLimits: checking), 30_000);

    private void Check(RunOptions options, int commands)
    {
        if (Seed is not null) options = options with { Seed = int.Parse(Seed, CultureInfo.InvariantCulture) + options.Seed };
        if (Commands is not null) commands = int.Parse(Commands, CultureInfo.InvariantCulture);
        using var run = new DifferentialRun(options);
        IReadOnlyList<string> differences = run.Run(commands);
        output.WriteLine($"{run.Executed} commands, {options}");
        if (differences.Count > 0) Assert.Fail($"{differences.Count} differences\n" + string.Join('\n', differences));
    }
}
