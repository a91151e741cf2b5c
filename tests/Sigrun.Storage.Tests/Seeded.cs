using FsCheck;
using FsCheck.Fluent;

namespace Sigrun.Storage.Tests;

/// <summary>Random operation sequences: FsCheck draws the seeds, shrinks the lengths and prints what failed.</summary>
internal static class Seeded
{
    public static readonly byte[] HashSeed = [.. Enumerable.Range(1, KeyHasher.SeedBytes).Select(i => (byte)i)];

    public static void Check(int runs, int operations, Action<RandomSource, int> body)
    {
        Gen<(int Seed, int Length)> cases =
            from seed in Gen.Choose(0, int.MaxValue)
            from length in Gen.Choose(1, operations)
            select (seed, length);
        Arbitrary<(int, int)> arbitrary = Arb.From(cases, c => Shorter(c));
        Prop.ForAll(arbitrary, c => body(new RandomSource((ulong)c.Item1), c.Item2))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(runs).WithReplay(20240607, 1));
    }

    private static IEnumerable<(int, int)> Shorter((int Seed, int Length) failed)
    {
        for (int length = failed.Length / 2; length > 0; length /= 2)
            yield return (failed.Seed, failed.Length - length);
    }

    public static byte[] Bytes(ref RandomSource random, int length)
    {
        byte[] bytes = new byte[length];
        random.Fill(bytes);
        return bytes;
    }
}
