namespace Sigrun.Storage.Tests;

public class RandomSourceTests
{
    [Fact]
    public void A_seed_replays_and_another_does_not()
    {
        RandomSource first = new(1), again = new(1), other = new(2);
        ulong a = first.Next();
        Assert.Equal(a, again.Next());
        Assert.NotEqual(a, other.Next());
    }

    [Fact]
    public void The_sequence_is_xoshiro256_starstar()
    {
        // Against the published algorithm, written out plainly.
        RandomSource random = new(1);
        Assert.Equal(Reference(1, 100), Enumerable.Range(0, 100).Select(_ => random.Next()));
    }

    [Fact]
    public void An_unseeded_value_is_a_sequence_too()
    {
        RandomSource random = default;
        HashSet<ulong> seen = [];
        for (int i = 0; i < 100; i++)
            seen.Add(random.NextBounded(1UL << 60));
        Assert.True(seen.Count > 90);
    }

    [Fact]
    public void Bounded_numbers_are_even()
    {
        RandomSource random = new(3);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++)
            counts[random.NextInt(7)]++;
        Assert.InRange(KeyHasherTests.ChiSquare(counts, 70_000), 0.2, 22);
        Assert.Equal(0, random.NextInt(1));
    }

    [Fact]
    public void Fractions_stay_below_one()
    {
        RandomSource random = new(4);
        double sum = 0;
        for (int i = 0; i < 10_000; i++)
        {
            double value = random.NextDouble();
            Assert.InRange(value, 0, 1 - 1e-16);
            sum += value;
        }
        Assert.InRange(sum, 4850, 5150);
    }

    private static ulong[] Reference(ulong seed, int count)
    {
        ulong[] state = new ulong[4];
        for (int i = 0; i < 4; i++)
        {
            ulong z = seed += 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            state[i] = z ^ (z >> 31);
        }
        ulong[] numbers = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = ulong.RotateLeft(state[1] * 5, 7) * 9;
            ulong shifted = state[1] << 17;
            state[2] ^= state[0];
            state[3] ^= state[1];
            state[1] ^= state[2];
            state[0] ^= state[3];
            state[2] ^= shifted;
            state[3] = ulong.RotateLeft(state[3], 45);
        }
        return numbers;
    }
}
