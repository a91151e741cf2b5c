using Sigrun.Storage.Structures;

namespace Sigrun.Storage.Tests.Structures;

/// <summary>The heaps that structures are tested on.</summary>
internal static class StructureHeaps
{
    private static readonly HeapOptions Plain = new() { ReserveBytes = 1L << 30, Hasher = new KeyHasher(Seeded.HashSeed) };

    /// <summary>As it runs; with hashes that collide; one that moves every block on every write and looks for misuse.</summary>
    public static TheoryData<string> Modes => ["plain", "colliding", "moving"];

    /// <summary>A heap of a mode.</summary>
    public static Heap Make(string mode) => new(mode switch
    {
        "colliding" => Plain with { Hasher = KeyHasher.Colliding(Seeded.HashSeed, 3) },
        "moving" => Plain with { Checking = true, MoveOnWrite = true },
        "tight" => Plain with { ReserveBytes = 1 << 20, CommitStepBytes = 1 << 16, Hasher = KeyHasher.Colliding(Seeded.HashSeed, 7) },
        _ => Plain,
    });

    /// <summary>The text of an element.</summary>
    public static string Text(ListpackElement element) =>
        System.Text.Encoding.Latin1.GetString(element.GetBytes(stackalloc byte[ListpackElement.DigitsMax]));

    /// <summary>The bytes of a text.</summary>
    public static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);
}
