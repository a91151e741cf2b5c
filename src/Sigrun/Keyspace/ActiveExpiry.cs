using Sigrun.Observability;
using Sigrun.Storage;

namespace Sigrun.Keyspace;

/// <summary>
/// Removes expired keys that nobody asks for, by walking the databases' expiry indexes.
/// </summary>
/// <remarks>
/// Works in slices of at most <see cref="SliceNanoseconds"/> between turns of the event loop, and takes at
/// most a share of the time that rises with <c>active-expire-effort</c> (25 % at 1, 43 % at 10): a
/// million keys that expire at once cost throughput for a while but stall nobody. A database is left
/// for the rest of the cycle once the share of expired keys among those looked at is low. Keys that a
/// read meets are expired there and then, so none is ever visible.
/// <para>After the keys of a database come the fields of its hashes: each hash knows which field expires first, so one
/// none of whose fields is due costs a look, and fields that are due are removed in the order of their times.</para>
/// </remarks>
internal sealed class ActiveExpiry
{
    private const long SliceNanoseconds = 1_000_000;
    private const int StepsBetweenClocks = 16;

    /// <summary>Fields removed at one place before the clock is looked at again.</summary>
    private const int FieldsPerStep = 128;

    /// <summary>Fields whose removal takes about as long as a look at a place.</summary>
    private const int FieldsPerClockUnit = 8;
    private const int BaseSharePercent = 25;
    private const int BaseAcceptableStalePercent = 10;

    private readonly Engine _engine;
    private int _database;
    private bool _isAtFields;
    private long _restUntilNs;
    private long _cycleStartNs;
    private long _checked;
    private long _expired;

    /// <summary>Creates the expiry of an engine.</summary>
    public ActiveExpiry(Engine engine)
    {
        _engine = engine;
        _database = engine.Databases.Length;
    }

    /// <summary>False after DEBUG SET-ACTIVE-EXPIRE 0.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Estimated share of expired keys among all keys with an expiry, in percent.</summary>
    public double StalePercent { get; private set; }

    /// <summary>Estimated share of hashes with expired fields among all with fields that expire, in percent.</summary>
    public double StaleHashPercent { get; private set; }

    /// <summary>Nanoseconds spent so far.</summary>
    public long TotalNanoseconds { get; private set; }

    /// <summary>True while a cycle has work left.</summary>
    public bool IsRunning => _database < _engine.Databases.Length;

    /// <summary>Starts a cycle over all databases, unless one is running.</summary>
    public void StartCycle()
    {
        if (!IsEnabled || IsRunning) return;
        _database = 0;
        _isAtFields = false;
        _checked = _expired = 0;
        _cycleStartNs = _engine.MonotonicNs;
    }

    /// <summary>Works for one slice if it is time to.</summary>
    public void RunSlice()
    {
        if (!IsRunning) return;
        if (_engine.IsImporting)
        {
            _database = _engine.Databases.Length;
            return;
        }
        long start = _engine.ReadClock();
        if (start < _restUntilNs) return;
        long end = start + SliceNanoseconds;
        long now = start;
        while (IsRunning && now < end)
        {
            for (int i = 0; i < StepsBetweenClocks && IsRunning;) i += _isAtFields ? StepFields() : StepKeys();
            now = _engine.ReadClock();
        }
        TotalNanoseconds += now - start;
        _engine.Latency.Note(LatencyMonitor.ExpireCycle, now - start);
        if (now >= end) OnSliceUsedUp(start, now);
        else if (!IsRunning) EndCycle();
    }

    private void OnSliceUsedUp(long start, long now)
    {
        int share = BaseSharePercent + 2 * (Effort - 1);
        _restUntilNs = now + (now - start) * (100 - share) / share;
        // A cycle that outlasts the time between two cron runs has hit its share of the time.
        if (now - _cycleStartNs > _engine.Cron.PeriodNs)
        {
            _engine.Statistics.ExpiredTimeCapReached++;
            _cycleStartNs = now;
        }
        if (!IsRunning) EndCycle();
    }

    private int Effort => _engine.Settings.Memory.ActiveExpireEffort;

    /// <summary>Looks at one place of the current database's index; returns what that has cost.</summary>
    private int StepKeys()
    {
        while (IsRunning && _engine.Databases.Find(_database) is null) _database++;
        if (!IsRunning) return 1;
        Database database = _engine.Databases[_database];
        KeyTable keys = database.Keys;
        if (keys.ExpiringCount == 0)
        {
            database.AverageTtlMs = 0;
            EndKeys();
            return 1;
        }
        var result = new ExpiryScan(_engine, database);
        database.ExpiryCursor = keys.ScanExpiring(database.ExpiryCursor, ref result);
        _checked += result.Checked;
        _expired += result.Expired;
        if (result.Checked > result.Expired) UpdateAverage(database, result.RemainingMs / (result.Checked - result.Expired));
        if (database.ExpiryCursor == 0 || IsCleanEnough(keys.ExpiringCount)) EndKeys();
        return 1;
    }

    /// <summary>Looks at one place of the current database's register of hashes; returns what that has cost.</summary>
    private int StepFields()
    {
        Database database = _engine.Databases[_database];
        KeyTable keys = database.Keys;
        if (keys.FieldExpiringCount == 0)
        {
            EndFields();
            return 1;
        }
        var result = new FieldScan(database, _engine.Effects, FieldsPerStep);
        ulong next = keys.ScanFieldExpiring(database.FieldExpiryCursor, ref result);
        _checked += result.Checked;
        _expired += result.Expired;
        if (!result.IsCut)
        {
            database.FieldExpiryCursor = next;
            if (next == 0 || IsCleanEnough(keys.FieldExpiringCount)) EndFields();
        }
        return 1 + result.Fields / FieldsPerClockUnit;
    }

    private bool IsCleanEnough(long total)
    {
        const int SampleMin = 20;
        int sample = SampleMin + SampleMin / 4 * (Effort - 1);
        if (_checked < sample) return total == 0;
        return _expired * 100 <= _checked * (BaseAcceptableStalePercent - Effort);
    }

    private void EndKeys()
    {
        StalePercent = Smoothed(StalePercent);
        _isAtFields = true;
    }

    private void EndFields()
    {
        StaleHashPercent = Smoothed(StaleHashPercent);
        _isAtFields = false;
        _database++;
    }

    /// <summary>The estimate with what was looked at last, from where counting starts again.</summary>
    private double Smoothed(double percent)
    {
        if (_checked > 0) percent = _expired * 100.0 / _checked * 0.05 + percent * 0.95;
        _checked = _expired = 0;
        return percent;
    }

    private static void UpdateAverage(Database database, long sampleMs) =>
        database.AverageTtlMs = database.AverageTtlMs == 0 ? sampleMs : (database.AverageTtlMs * 49 + sampleMs) / 50;

    private void EndCycle() => _restUntilNs = 0;

    /// <summary>Looks at the keys of one place of an expiry index and expires those whose time has come.</summary>
    private struct ExpiryScan(Engine engine, Database database) : IKeyVisitor
    {
        public long Checked { get; private set; }

        public long Expired { get; private set; }

        public long RemainingMs { get; private set; }

        public void Visit(EntryRef entry)
        {
            Checked++;
            long remaining = entry.ExpiryMs - engine.NowMs;
            if (remaining >= 0)
            {
                RemainingMs += remaining;
                return;
            }
            Expired++;
            database.Expire(new KeyRef(entry.Key, engine.Hasher.Hash(entry.Key)));
            engine.Effects.EndUnit();
        }
    }

    /// <summary>Looks at the hashes of one place of a register and removes expired fields, up to a number.</summary>
    private struct FieldScan(Database database, EffectLog effects, int fieldsMax) : IKeyVisitor
    {
        public long Checked { get; private set; }

        public long Expired { get; private set; }

        public int Fields { get; private set; }

        /// <summary>Whether there may be more to remove here.</summary>
        public readonly bool IsCut => Fields == fieldsMax;

        public void Visit(EntryRef entry)
        {
            if (IsCut) return;
            Checked++;
            int expired = database.ExpireFields(entry, fieldsMax - Fields);
            effects.EndUnit();
            Fields += expired;
            if (expired > 0) Expired++;
        }
    }
}
