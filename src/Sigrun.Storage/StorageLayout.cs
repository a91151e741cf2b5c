namespace Sigrun.Storage;

/// <summary>
/// Checks once per heap that the packed structures have the sizes and offsets the code counts on, so
/// that a change to one of them fails at start and not in someone's data.
/// </summary>
internal static unsafe class StorageLayout
{
    public static void Verify()
    {
        Require(BitConverter.IsLittleEndian, "byte order");
        Require(sizeof(nuint) == 8, "pointer size");
        Require(sizeof(UnitInfo) == 32, nameof(UnitInfo));
        Require(sizeof(TableHeader) == TableHeader.Bytes, nameof(TableHeader));
        Require(SizeClasses.SlotBytes(SizeClasses.Count - 1) == SizeClasses.LargestSlot, nameof(SizeClasses));
        for (int flags = 0; flags <= (((int)ValueForm.Structure << EntryHeader.FormShift) | 3); flags++)
            Require(EntryHeader.KeyOffset((byte)flags) == ExpectedKeyOffset(flags), nameof(EntryHeader));
    }

    private static int ExpectedKeyOffset(int flags)
    {
        int keyLength = (flags & EntryHeader.LongKeyFlag) == 0 ? 1 : 4;
        int valueLength = (ValueForm)(flags >> EntryHeader.FormShift) switch
        {
            ValueForm.Short => 1,
            ValueForm.Long => 4,
            _ => 0,
        };
        int expiry = (flags & EntryHeader.HasExpiryFlag) == 0 ? 0 : EntryHeader.ExpiryBytes;
        return EntryHeader.FixedBytes + keyLength + valueLength + expiry;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new PlatformNotSupportedException($"The layout of {what} is not the one the storage was written for.");
    }
}
