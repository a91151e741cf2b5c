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
}
