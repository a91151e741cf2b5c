using Sigrun.Configuration;
using Sigrun.Storage;

namespace Sigrun.Keyspace;

/// <summary>The best keys to evict among those that were looked at lately, the best of them last.</summary>
/// <remarks>
/// <para>
/// Which key was used the longest time ago nobody knows; looking at a few of all for each eviction, and keeping those
/// that are better than the ones evicted so far, comes close. A key's score does not change while nobody uses it, so that
/// keys that were looked at at different times compare.
/// </para>
/// <para>
/// A candidate is an entry that may be gone or another one when its turn comes. The table is asked whether it still has
/// it before it is looked at, and one that was used meanwhile is passed over.
/// </para>
/// </remarks>
internal sealed class EvictionPool(Engine engine)
{
    private const int Size = 16;
    private const byte HighestFrequency = byte.MaxValue;

    private readonly Candidate[] _candidates = new Candidate[Size];
    private int _count;

    private record struct Candidate(long Score, ulong Hash, EntryRef Entry, Database Database);

    /// <summary>True when only keys with an expiry are candidates.</summary>
    public static bool OnlyExpiring(MaxMemoryPolicy policy) =>
        policy is MaxMemoryPolicy.VolatileLru or MaxMemoryPolicy.VolatileLfu or MaxMemoryPolicy.VolatileRandom or MaxMemoryPolicy.VolatileTtl;

    /// <summary>Forgets all candidates: their scores mean something else from now on.</summary>
    public void Clear()
    {
        Array.Clear(_candidates);
        _count = 0;
    }

    /// <summary>Looks at some keys of a database, which has some.</summary>
    public void Fill(Database database, MaxMemoryPolicy policy)
    {
        var visitor = new Visitor(this, database, policy);
        database.Keys.Sample(OnlyExpiring(policy), engine.Settings.Memory.MaxMemorySamples, ref engine.Random, ref visitor);
    }

    /// <summary>Takes out the best candidate that still is one; false when there is none.</summary>
    public bool TryTake(MaxMemoryPolicy policy, out Database database, out KeyRef key)
    {
        while (_count > 0)
        {
            Candidate best = _candidates[--_count];
            _candidates[_count] = default;
            if (!best.Database.Keys.Holds(best.Hash, best.Entry)) continue;
            if (OnlyExpiring(policy) && !best.Entry.HasExpiry) continue;
            if (Score(best.Entry, policy) < best.Score) continue;
            database = best.Database;
            key = new KeyRef(best.Entry.Key, best.Hash);
            return true;
        }
        database = null!;
        key = default;
        return false;
    }

    /// <summary>The higher, the better a key is to evict: by when it was used, how often, or when it goes anyway.</summary>
    private long Score(EntryRef entry, MaxMemoryPolicy policy) => policy switch
    {
        MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu => HighestFrequency - engine.AccessClock.Frequency(entry.Lru),
        MaxMemoryPolicy.VolatileTtl => -entry.ExpiryMs,
        _ => engine.AccessClock.IdleSeconds(entry.Lru) - engine.AccessClock.UnixSeconds,
    };

    private void Offer(Database database, EntryRef entry, MaxMemoryPolicy policy)
    {
        long score = Score(entry, policy);
        if (_count == Size && score <= _candidates[0].Score) return;
        int place = 0;
        for (; place < _count && _candidates[place].Score < score; place++)
        {
            // Behind all that are worse.
        }
        for (int i = place; i < _count && _candidates[i].Score == score; i++)
        {
            if (_candidates[i].Entry.Equals(entry)) return;
        }
        if (_count < Size)
        {
            Array.Copy(_candidates, place, _candidates, place + 1, _count++ - place);
        }
        else
        {
            Array.Copy(_candidates, 1, _candidates, 0, --place);
        }
        _candidates[place] = new Candidate(score, engine.Hasher.Hash(entry.Key), entry, database);
    }

    private readonly struct Visitor(EvictionPool pool, Database database, MaxMemoryPolicy policy) : IKeyVisitor
    {
        public void Visit(EntryRef entry) => pool.Offer(database, entry, policy);
    }
}
