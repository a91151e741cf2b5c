using Sigrun.Commands;

namespace Sigrun.Generators;

/// <summary>
/// Hash and displace: names fall into buckets; the fullest bucket first, each one gets the first displacement that
/// puts all its names into free slots. About two names per bucket and four slots per name are found at once.
/// </summary>
internal sealed class PerfectHash
{
    private PerfectHash(int bucketBits, int[] displacements, int[] slots)
    {
        BucketBits = bucketBits;
        Displacements = displacements;
        Slots = slots;
    }

    public int BucketBits { get; }

    public int[] Displacements { get; }

    /// <summary>An id per slot, -1 where there is none. The length is a power of two.</summary>
    public int[] Slots { get; }

    public static PerfectHash Build(IReadOnlyList<CommandNameHash> names)
    {
        int bucketBits = 1;
        while (2 << bucketBits < names.Count) bucketBits++;
        int slotCount = 4;
        while (slotCount < 2 * names.Count) slotCount *= 2;

        PerfectHash? built;
        while ((built = TryBuild(names, bucketBits, slotCount)) is null)
        {
            slotCount *= 2;
            bucketBits++;
        }

        return built;
    }

    private static PerfectHash? TryBuild(IReadOnlyList<CommandNameHash> names, int bucketBits, int slotCount)
    {
        int[] displacements = new int[1 << bucketBits];
        int[] slots = new int[slotCount];
        for (int i = 0; i < slots.Length; i++) slots[i] = -1;

        IEnumerable<IGrouping<int, int>> buckets = Enumerable.Range(0, names.Count)
            .GroupBy(id => names[id].Bucket(bucketBits))
            .OrderByDescending(bucket => bucket.Count()).ThenBy(bucket => bucket.Key);
        foreach (IGrouping<int, int> bucket in buckets)
        {
            int displacement = 0;
            while (displacement < slotCount && !Fits(names, bucket, displacement, slots)) displacement++;
            if (displacement == slotCount) return null;
            displacements[bucket.Key] = displacement;
            foreach (int id in bucket) slots[names[id].Slot(displacement, slotCount - 1)] = id;
        }

        return new PerfectHash(bucketBits, displacements, slots);
    }

    private static bool Fits(IReadOnlyList<CommandNameHash> names, IEnumerable<int> bucket, int displacement, int[] slots)
    {
        var taken = new HashSet<int>();
        foreach (int id in bucket)
        {
            int slot = names[id].Slot(displacement, slots.Length - 1);
            if (slots[slot] >= 0 || !taken.Add(slot)) return false;
        }

        return true;
    }
}
