using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace Sigrun.Storage;

/// <summary>
/// The keyed hash of keys: an AES-round hash where the processor has AES, SipHash-1-3 elsewhere.
/// </summary>
/// <remarks>
/// <para>Whoever chooses the keys must not be able to choose their hashes, so the hash is keyed with
/// a secret seed. The AES form absorbs 16 bytes per two rounds, one after the other as a chain: a
/// difference has passed at least five S-boxes before the next block can answer it, so blocks cannot
/// be paired to cancel out. Three more rounds end it. The length goes in first, which makes the
/// overlapping loads of short and last blocks unambiguous; nothing outside the key is read.</para>
/// <para>The top eight bits are a table's fingerprint and the low bits its line.</para>
/// </remarks>
public readonly struct KeyHasher
{
    /// <summary>The length of a seed.</summary>
    public const int SeedBytes = 16;

    private readonly Vector128<byte> _start;
    private readonly Vector128<byte> _roundA;
    private readonly Vector128<byte> _roundB;
    private readonly ulong _sip0;
    private readonly ulong _sip1;
    private readonly ulong _keep;
    private readonly bool _aes;

    /// <summary>Makes the hash of a 16-byte seed in the fastest form this processor has.</summary>
    public KeyHasher(ReadOnlySpan<byte> seed) : this(seed, HasAes)
    {
    }

    private KeyHasher(ReadOnlySpan<byte> seed, bool aes, ulong keep = ulong.MaxValue)
    {
        if (seed.Length != SeedBytes)
            throw new ArgumentException($"A seed has {SeedBytes} bytes.", nameof(seed));
        _sip0 = MemoryMarshal.Read<ulong>(seed);
        _sip1 = MemoryMarshal.Read<ulong>(seed[8..]);
        _start = Derive(1);
        _roundA = Derive(2);
        _roundB = Derive(3);
        _aes = aes;
        _keep = keep;
    }

    /// <summary>Whether the processor offers AES rounds.</summary>
    public static bool HasAes => X86Aes.IsSupported || ArmAes.IsSupported;

    /// <summary>SipHash-1-3 of the seed, whatever the processor has.</summary>
    public static KeyHasher SipHash(ReadOnlySpan<byte> seed) => new(seed, aes: false);

    /// <summary>A deliberately weak hash of which only the given bits are kept: for tests of collisions.</summary>
    public static KeyHasher Colliding(ReadOnlySpan<byte> seed, ulong keptBits) => new(seed, aes: false, keptBits);

    /// <summary>The hash of a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Hash(ReadOnlySpan<byte> key) => _aes ? AesHash(key) : SipHash13.Hash(_sip0, _sip1, key) & _keep;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong AesHash(ReadOnlySpan<byte> key)
    {
        ref byte first = ref MemoryMarshal.GetReference(key);
        nuint length = (nuint)key.Length;
        Vector128<byte> state = _start ^ Vector128.CreateScalar((ulong)length).AsByte();
        if (length <= 16)
            return Finish(state ^ LoadShort(ref first, length));
        return Finish(AbsorbLong(state, ref first, length));
    }

    private Vector128<byte> AbsorbLong(Vector128<byte> state, ref byte first, nuint length)
    {
        nuint last = length - 16;
        for (nuint offset = 0; offset < last; offset += 16)
            state = Round(Round(state ^ Vector128.LoadUnsafe(ref first, offset), _roundA), _roundB);
        return state ^ Vector128.LoadUnsafe(ref first, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Finish(Vector128<byte> state)
    {
        state = Round(Round(Round(state, _roundA), _roundB), _start);
        return state.AsUInt64().ToScalar();
    }

    /// <summary>Up to 16 bytes by loads that overlap instead of reading past either end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LoadShort(ref byte first, nuint length)
    {
        if (length >= 8)
        {
            ulong low = Unsafe.ReadUnaligned<ulong>(ref first);
            ulong high = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, length - 8));
            return Vector128.Create(low, high).AsByte();
        }
        if (length >= 4)
        {
            uint low = Unsafe.ReadUnaligned<uint>(ref first);
            uint high = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, length - 4));
            return Vector128.CreateScalar(low | ((ulong)high << 32)).AsByte();
        }
        if (length == 0)
            return Vector128<byte>.Zero;
        uint bytes = first | ((uint)Unsafe.Add(ref first, length >> 1) << 8) | ((uint)Unsafe.Add(ref first, length - 1) << 16);
        return Vector128.CreateScalar((ulong)bytes).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> roundKey)
    {
        if (X86Aes.IsSupported)
            return X86Aes.Encrypt(state, roundKey);
        if (ArmAes.IsSupported)
            return ArmAes.MixColumns(ArmAes.Encrypt(state, Vector128<byte>.Zero)) ^ roundKey;
        throw new PlatformNotSupportedException();
    }

    private Vector128<byte> Derive(ulong purpose)
    {
        Span<ulong> input = [purpose, 0];
        ulong low = SipHash13.Hash(_sip0, _sip1, MemoryMarshal.AsBytes(input));
        input[1] = 1;
        return Vector128.Create(low, SipHash13.Hash(_sip0, _sip1, MemoryMarshal.AsBytes(input))).AsByte();
    }
}
