namespace Sigrun.Storage.Tests;

public class SizeClassTests
{
    [Fact]
    public void Classes_and_sizes_agree()
    {
        for (int i = 0; i < SizeClasses.Count; i++)
        {
            uint slot = SizeClasses.SlotBytes(i);
            Assert.Equal(i, SizeClasses.IndexOf(slot));
            if (i + 1 < SizeClasses.Count)
                Assert.Equal(i + 1, SizeClasses.IndexOf(slot + 1));
        }
        Assert.Equal((uint)SizeClasses.LargestSlot, SizeClasses.SlotBytes(SizeClasses.Count - 1));
    }

    [Fact]
    public void Slots_waste_little_and_keep_alignment()
    {
        for (uint size = 1; size <= SizeClasses.LargestSlot; size++)
        {
            uint slot = SizeClasses.SlotBytes(SizeClasses.IndexOf(size));
            Assert.True(slot >= size && slot % 4 == 0);
            Assert.True(slot - size < Math.Max(4, size / 16.0), $"{size} takes {slot}");
            if (size % 64 == 0)
                Assert.Equal(0u, slot % 64);
        }
    }

    [Fact]
    public void Slabs_waste_little_at_their_end()
    {
        for (int i = 0; i < SizeClasses.Count; i++)
        {
            uint bytes = (uint)SizeClasses.SlabUnits(i) << SizeClasses.UnitShift;
            Assert.InRange((double)(bytes % SizeClasses.SlotBytes(i)) / bytes, 0, 0.1);
        }
    }

    [Theory]
    [InlineData(26, 28)]
    [InlineData(87, 88)]
    [InlineData(95, 96)]
    [InlineData(129, 136)]
    [InlineData(1025, 1088)]
    public void Known_sizes(uint size, uint slot) => Assert.Equal(slot, SizeClasses.SlotBytes(SizeClasses.IndexOf(size)));
}
