using System.Runtime.InteropServices;

namespace Sigrun.Storage.Structures.SortedSets;

/// <summary>Up to which size a sorted set is one listpack.</summary>
/// <param name="Entries">The most members.</param>
/// <param name="MemberBytes">The longest member.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SortedSetLimits(long Entries, long MemberBytes);
