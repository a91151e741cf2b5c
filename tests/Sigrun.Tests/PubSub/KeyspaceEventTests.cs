using Sigrun.Keyspace;
using Sigrun.Tests.Harness;

namespace Sigrun.Tests.PubSub;

/// <summary>Which events commands raise, and in which order: what Valkey 9.1 publishes for the same commands.</summary>
public sealed class KeyspaceEventTests : IDisposable
{
    private const KeyspaceEventClass Everything = KeyspaceEventClass.All | KeyspaceEventClass.KeyMiss | KeyspaceEventClass.New
        | KeyspaceEventClass.Keyspace | KeyspaceEventClass.Keyevent;

    private readonly TestServer _server = new(static settings => settings.Types.KeyspaceEvents = Everything);
    private readonly RespClient _client;
    private readonly RespClient _subscriber;

    public KeyspaceEventTests()
    {
        _client = _server.Connect();
        _subscriber = _server.Connect();
        _subscriber.Send("PSUBSCRIBE", "__key*");
    }

    public void Dispose()
    {
        _client.Dispose();
        _subscriber.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Strings() => Run("""
        set a 1 -> new a, set a
        set a 2 -> set a
        set a 3 ex 100 -> set a, expire a
        set a 3 nx ->
        set a 3 xx keepttl -> set a
        set a v get -> set a
        set b v px 100000 -> new b, set b, expire b
        set c v exat 99999999999 -> new c, set c, expire c
        set c v ifeq v -> set c
        set d v pxat 1 ->
        set d v exat 1 ->
        setnx a 1 ->
        setnx e 1 -> new e, set e
        setex f 100 v -> new f, set f, expire f
        psetex g 100000 v -> new g, set g, expire g
        getset a v -> set a
        getset h v -> keymiss h, new h, set h
        getex a ex 100 -> expire a
        getex a persist -> persist a
        getex a ->
        getex a pxat 1 -> expired a
        getex nosuch -> keymiss nosuch
        getdel b -> del b
        getdel nosuch -> keymiss nosuch
        append a x -> new a, append a
        append newapp x -> new newapp, append newapp
        setrange a 3 xyz -> setrange a
        setrange nosr 0 '' ->
        setrange newsr 2 x -> new newsr, setrange newsr
        incr n -> new n, incrby n
        incrby n 5 -> incrby n
        decr n -> incrby n
        decrby n 2 -> incrby n
        incrbyfloat n 1.5 -> incrbyfloat n
        incrbyfloat newf 1.5 -> new newf, incrbyfloat newf
        mset m1 1 m2 2 -> new m1, set m1, new m2, set m2
        mset m1 1 m1 2 -> set m1, set m1
        msetnx m1 1 m9 2 ->
        msetnx m8 1 m9 2 -> new m8, set m8, new m9, set m9
        msetex 2 x1 1 x2 2 ex 100 -> new x1, set x1, expire x1, new x2, set x2, expire x2
        msetex 2 x1 1 x2 2 -> set x1, set x2
        msetex 2 x1 1 x3 2 nx ->
        delifeq a x ->
        delifeq a '' ->
        delifeq m1 2 -> del m1
        delifeq m2 2 -> del m2
        """);

    [Fact]
    public void Bits_HyperLogLogs_and_misses() => Run("""
        set a 1 -> new a, set a
        setbit bits 5 1 -> new bits, setbit bits
        setbit bits 5 1 ->
        bitfield bits set u8 0 255 incrby u8 0 1 -> setbit bits
        bitfield newbits set u8 0 1 -> new newbits, setbit newbits
        bitfield newbits get u8 0 ->
        bitop and bdest bits newbits -> new bdest, set bdest
        bitop and bdest nosuch1 nosuch2 -> keymiss nosuch1, keymiss nosuch2, del bdest
        bitop not bdest2 nosuch1 -> keymiss nosuch1
        pfadd hll a b c -> new hll, pfadd hll
        pfadd hll a ->
        pfadd hll ->
        pfadd hll2 -> new hll2, pfadd hll2
        pfmerge hll3 hll hll2 -> keymiss hll3, new hll3, pfadd hll3
        pfmerge hll hll2 -> pfadd hll
        pfcount hll ->
        pfcount hll hll3 ->
        pfcount nosuch -> keymiss nosuch
        get a ->
        get nosuch -> keymiss nosuch
        mget a nosuch nosuch2 -> keymiss nosuch, keymiss nosuch2
        strlen nosuch -> keymiss nosuch
        bitcount nosuch -> keymiss nosuch
        bitfield_ro nosuch get u8 0 -> keymiss nosuch
        exists nosuch -> keymiss nosuch
        exists a ->
        type nosuch -> keymiss nosuch
        ttl nosuch -> keymiss nosuch
        touch nosuch a -> keymiss nosuch
        dump nosuch -> keymiss nosuch
        """);

    [Fact]
    public void Keys() => Run("""
        set a 1 -> new a, set a
        expire a 100 -> expire a
        expire a 100 nx ->
        expire a 200 xx -> expire a
        pexpire a 100000 -> expire a
        expireat a 99999999999 -> expire a
        pexpireat a 99999999999999 -> expire a
        persist a -> persist a
        persist a ->
        expire a -1 -> expired a
        expire nosuch 1 ->
        set b 1 -> new b, set b
        pexpireat b 1 -> expired b
        set c 1 -> new c, set c
        expireat c 0 -> expired c
        del nosuch ->
        set x 1 -> new x, set x
        del x nosuch -> del x
        set y 1 -> new y, set y
        set z 1 -> new z, set z
        unlink y z nosuch -> del y, del z
        set r 1 -> new r, set r
        rename r r2 -> new r2, rename_from r, rename_to r2
        set r3 1 -> new r3, set r3
        rename r2 r3 -> new r3, rename_from r2, rename_to r3
        renamenx r3 r4 -> new r4, rename_from r3, rename_to r4
        renamenx r4 r4 ->
        rename r4 r4 ->
        copy r4 cp -> new cp, copy_to cp
        copy r4 cp ->
        copy r4 cp replace -> new cp, copy_to cp
        copy nosuch x -> keymiss nosuch
        sort nosuch -> keymiss nosuch
        sort nosuch store dst -> keymiss nosuch
        rpush l 3 1 2 -> new l, rpush l
        sort l ->
        sort l store dst -> new dst, sortstore dst
        sort l limit 5 5 store dst -> del dst
        sort_ro l ->
        """);

    [Fact]
    public void Lists() => Run("""
        lpush l a b -> new l, lpush l
        rpush l c -> rpush l
        lpushx l d -> lpush l
        rpushx l d -> rpush l
        lpushx nosuch d ->
        rpushx nosuch d ->
        lpop l -> lpop l
        lpop l 2 -> lpop l
        rpop l -> rpop l
        rpop l 1 -> rpop l, del l
        rpop l ->
        lpop nosuch ->
        rpop nosuch 2 ->
        rpush l 1 2 3 4 5 6 7 8 -> new l, rpush l
        linsert l before 3 x -> linsert l
        linsert l after nosuch x ->
        linsert nosuch before 1 x ->
        lset l 0 z -> lset l
        lrem l 0 x -> lrem l
        lrem l 0 nosuchx ->
        lrem nosuch 0 x ->
        ltrim l 1 3 -> ltrim l
        ltrim l 0 -1 -> ltrim l
        ltrim l 5 1 -> ltrim l, del l
        ltrim nosuch 0 1 ->
        rpush l 1 2 -> new l, rpush l
        rpoplpush l l2 -> new l2, lpush l2, rpop l
        rpoplpush l l2 -> lpush l2, rpop l, del l
        rpoplpush l l2 ->
        lmove l2 l3 left right -> new l3, rpush l3, lpop l2
        lmove l2 l2 left right -> rpush l2, lpop l2
        lmove l2 l3 left left -> lpush l3, lpop l2, del l2
        lmove l2 l3 left left ->
        blmove l3 l4 left left 1 -> new l4, lpush l4, lpop l3
        brpoplpush l3 l4 1 -> lpush l4, rpop l3, del l3
        blpop l4 1 -> lpop l4
        brpop l4 1 -> rpop l4, del l4
        rpush l4 1 2 3 -> new l4, rpush l4
        lmpop 1 l4 left -> lpop l4
        lmpop 2 nosuch l4 left count 10 -> lpop l4, del l4
        lmpop 1 nosuch left ->
        blmpop 1 1 nosuch left ->
        rpush l5 1 -> new l5, rpush l5
        blmpop 1 2 nosuch l5 left -> lpop l5, del l5
        llen nosuch -> keymiss nosuch
        lrange nosuch 0 1 -> keymiss nosuch
        lindex nosuch 0 -> keymiss nosuch
        llen l5 -> keymiss l5
        lrem l5 0 1 ->
        rpush lr 1 1 1 -> new lr, rpush lr
        lrem lr 0 1 -> lrem lr, del lr
        """);

    [Fact]
    public void Sets() => Run("""
        sadd s a b c -> new s, sadd s
        sadd s a ->
        srem s a -> srem s
        srem s nosuch ->
        srem nosuch a ->
        spop s -> spop s
        spop s 5 -> spop s, del s
        spop nosuch ->
        spop nosuch 2 ->
        sadd s a b c d e f -> new s, sadd s
        spop s 2 -> spop s
        spop s 0 ->
        smove s s2 nosuch ->
        sadd s x -> sadd s
        smove s s2 x -> srem s, new s2, sadd s2
        smove s s x ->
        sadd s x -> sadd s
        smove s s x ->
        smove nosuch s2 x ->
        sadd one y -> new one, sadd one
        smove one s2 y -> srem one, del one, sadd s2
        sadd one y -> new one, sadd one
        smove one s2 y -> srem one, del one
        sinter s s2 ->
        sinterstore d s s2 -> new d, sinterstore d
        sunionstore d s s2 -> sunionstore d
        sdiffstore d s s2 -> sdiffstore d
        sinterstore d nosuch s -> keymiss nosuch, del d
        sinterstore d nosuch s -> keymiss nosuch
        sunionstore d nosuch nosuch2 -> keymiss nosuch, keymiss nosuch2
        sdiffstore d nosuch nosuch2 -> keymiss nosuch, keymiss nosuch2
        sinter nosuch s -> keymiss nosuch
        sunion nosuch s -> keymiss nosuch
        sdiff nosuch s -> keymiss nosuch
        sintercard 2 nosuch s -> keymiss nosuch
        sismember nosuch a -> keymiss nosuch
        smembers nosuch -> keymiss nosuch
        scard nosuch -> keymiss nosuch
        srandmember nosuch -> keymiss nosuch
        sadd single a -> new single, sadd single
        srem single a -> srem single, del single
        sadd single a -> new single, sadd single
        spop single -> spop single, del single
        sadd single a -> new single, sadd single
        spop single 1 -> spop single, del single
        """);

    [Fact]
    public void Sorted_sets() => Run("""
        zadd z 1 a 2 b -> new z, zadd z
        zadd z 1 a ->
        zadd z xx 5 nosuch ->
        zadd z ch 3 a -> zadd z
        zadd z incr 1 a -> zincr z
        zadd z nx 1 a ->
        zadd z gt 0 a ->
        zadd nosuch xx 1 a ->
        zincrby z 1 a -> zincr z
        zincrby newz 1 a -> new newz, zincr newz
        zrem z a -> zrem z
        zrem z nosuch ->
        zrem nosuch a ->
        zadd z 1 a 2 b 3 c 4 d 5 e -> zadd z
        zpopmin z -> zpopmin z
        zpopmax z 2 -> zpopmax z
        zpopmin nosuch ->
        zpopmax nosuch 2 ->
        zmpop 1 z min -> zpopmin z
        zmpop 1 nosuch min ->
        bzpopmin z 1 -> zpopmin z, del z
        zadd z 1 a 2 b 3 c 4 d 5 e -> new z, zadd z
        bzpopmax z 1 -> zpopmax z
        bzmpop 1 1 z max count 2 -> zpopmax z
        zremrangebyscore z 1 1 -> zremrangebyscore z
        zremrangebyscore z 100 200 ->
        zremrangebyrank z 0 0 -> zremrangebyrank z, del z
        zremrangebyrank nosuch 0 0 ->
        zadd z 0 a 0 b 0 c -> new z, zadd z
        zremrangebylex z [a [b -> zremrangebylex z
        zremrangebylex z - + -> zremrangebylex z, del z
        """);

    [Fact]
    public void Sorted_sets_made_of_others() => Run("""
        zadd z1 1 a 2 b -> new z1, zadd z1
        zadd z2 1 b 2 c -> new z2, zadd z2
        zunionstore d 2 z1 z2 -> new d, zunionstore d
        zinterstore d 2 z1 z2 -> zinterstore d
        zdiffstore d 2 z1 z2 -> zdiffstore d
        zinterstore d 2 z1 nosuch -> keymiss nosuch, del d
        zinterstore d 2 z1 nosuch -> keymiss nosuch
        zunionstore d 2 nosuch nosuch2 -> keymiss nosuch, keymiss nosuch2
        zdiffstore d 2 nosuch z1 -> keymiss nosuch
        zrangestore d z1 0 -1 -> new d, zrangestore d
        zrangestore d z1 5 6 -> del d
        zrangestore d nosuch 0 -1 -> keymiss nosuch
        zrange nosuch 0 1 -> keymiss nosuch
        zscore nosuch a -> keymiss nosuch
        zrank nosuch a -> keymiss nosuch
        zcard nosuch -> keymiss nosuch
        zcount nosuch 0 1 -> keymiss nosuch
        zrandmember nosuch -> keymiss nosuch
        zunion 2 z1 nosuch -> keymiss nosuch
        zinter 2 z1 nosuch -> keymiss nosuch
        zdiff 2 z1 nosuch -> keymiss nosuch
        zadd zs 1 a -> new zs, zadd zs
        zrem zs a -> zrem zs, del zs
        zadd zs 1 a -> new zs, zadd zs
        zpopmin zs -> zpopmin zs, del zs
        geosearchstore gd g fromlonlat 15 37 byradius 200 km -> keymiss g
        geosearchstore gd g fromlonlat 15 37 byradius 1 m -> keymiss g
        geosearchstore gd nosuch fromlonlat 15 37 byradius 1 m -> keymiss nosuch
        geosearch nosuch fromlonlat 15 37 byradius 1 m -> keymiss nosuch
        """);

    [Fact]
    public void Hashes() => Run("""
        hset h a 1 b 2 -> new h, hset h
        hset h a 1 -> hset h
        hmset h c 3 -> hset h
        hsetnx h d 4 -> hset h
        hsetnx h d 4 ->
        hincrby h n 1 -> hincrby h
        hincrbyfloat h f 1.5 -> hincrbyfloat h
        hdel h nosuch ->
        hdel h a -> hdel h
        hdel nosuch a ->
        hgetdel h fields 1 b -> hdel h
        hgetdel h fields 1 nosuch ->
        hgetdel nosuch fields 1 b ->
        hget h nosuch ->
        hget nosuch a -> keymiss nosuch
        hmget nosuch a -> keymiss nosuch
        hgetall nosuch -> keymiss nosuch
        hlen nosuch -> keymiss nosuch
        hrandfield nosuch -> keymiss nosuch
        httl nosuch fields 1 a -> keymiss nosuch
        hset one a 1 -> new one, hset one
        hdel one a -> hdel one, del one
        hset one a 1 -> new one, hset one
        hgetdel one fields 1 a -> hdel one, del one
        hset h x 1 y 2 z 3 w 4 -> hset h
        hexpire h 100 fields 1 x -> hexpire h
        hexpire h 100 nx fields 1 x ->
        hexpire h 100 fields 2 x nosuch -> hexpire h
        hexpire h 100 fields 1 nosuch ->
        hexpire nosuch 100 fields 1 x ->
        hpexpire h 100000 fields 1 y -> hexpire h
        hexpireat h 99999999999 fields 1 z -> hexpire h
        hpexpireat h 99999999999999 fields 1 z -> hexpire h
        hpersist h fields 1 x -> hpersist h
        hpersist h fields 1 x ->
        hpersist h fields 1 nosuch ->
        hpersist nosuch fields 1 x ->
        hexpire h 0 fields 1 x -> hexpired h
        hexpireat h 1 fields 2 y nosuch -> hexpired h
        hsetex h3 ex 100 fields 1 a 1 -> new h3, hset h3, hexpire h3
        hsetex h3 fields 1 a 1 -> hset h3
        hsetex h3 fnx fields 1 a 1 ->
        hsetex h3 fxx fields 1 a 2 -> hset h3
        hsetex h3 keepttl fields 1 a 3 -> hset h3
        hsetex h3 exat 1 fields 1 a 3 -> hset h3, hexpire h3, hexpired h3, del h3
        hsetex h3 exat 1 fields 1 a 3 -> new h3, hset h3, hexpire h3, hexpired h3, del h3
        hset h4 a 1 b 2 -> new h4, hset h4
        hgetex h4 ex 100 fields 1 a -> hexpire h4
        hgetex h4 persist fields 1 a -> hpersist h4
        hgetex h4 persist fields 1 a ->
        hgetex h4 fields 1 a ->
        hgetex h4 exat 1 fields 1 a -> hexpired h4
        hgetex h4 exat 1 fields 1 b -> hexpired h4, del h4
        hgetex nosuch ex 100 fields 1 a -> keymiss nosuch
        hgetex nosuch fields 1 a -> keymiss nosuch
        """);

    [Fact]
    public void Streams() => Run("""
        xadd s 1-1 a 1 -> new s, xadd s
        xadd s nomkstream 2-1 a 1 -> xadd s
        xadd nosuch nomkstream 1-1 a 1 ->
        xadd s maxlen 1 3-1 a 1 -> xadd s, xtrim s
        xadd s maxlen ~ 1 4-1 a 1 -> xadd s
        xadd s minid 4-1 5-1 a 1 -> xadd s, xtrim s
        xdel s 4-1 -> xdel s
        xdel s 9-9 ->
        xdel nosuch 1-1 ->
        xtrim s maxlen 0 -> xtrim s
        xtrim s maxlen 0 ->
        xtrim nosuch maxlen 0 ->
        xadd s 10-1 a 1 -> xadd s
        xsetid s 11-1 -> xsetid s
        xgroup create s g 0 -> xgroup-create s
        xgroup create news g $ mkstream -> new news, xgroup-create news
        xgroup createconsumer s g c -> xgroup-createconsumer s
        xgroup createconsumer s g c ->
        xreadgroup group g c2 streams s > -> xgroup-createconsumer s
        xreadgroup group g c2 streams s > ->
        xreadgroup group g c2 streams s 0 ->
        xreadgroup group g c2 noack streams s > ->
        xread streams s 0 ->
        xread streams nosuch 0 -> keymiss nosuch, keymiss nosuch
        xack s g 10-1 ->
        xack s g 9-9 ->
        xadd s 12-1 a 1 -> xadd s
        xreadgroup group g c2 streams s > ->
        xclaim s g c3 0 12-1 -> xgroup-createconsumer s
        xclaim s g c3 0 99-1 ->
        xclaim s g c9 0 12-1 justid -> xgroup-createconsumer s
        xautoclaim s g c4 0 0 -> xgroup-createconsumer s
        xautoclaim s g c4 0 0 justid ->
        xgroup setid s g 0 -> xgroup-setid s
        xgroup delconsumer s g c2 -> xgroup-delconsumer s
        xgroup delconsumer s g nosuch ->
        xgroup destroy s g -> xgroup-destroy s
        xgroup destroy s g ->
        xlen nosuch -> keymiss nosuch
        xrange nosuch - + -> keymiss nosuch
        xdel s 12-1 10-1 -> xdel s
        xlen s ->
        del s -> del s
        xadd s 1-1 a 1 -> new s, xadd s
        xgroup create s g 0 -> xgroup-create s
        xreadgroup group g c streams s > -> xgroup-createconsumer s
        """);

    [Fact]
    public void Values_that_take_the_place_of_others() => Run("""
        set str x -> new str, set str
        get str ->
        rpush src 1 2 3 -> new src, rpush src
        sort src store str -> sortstore str
        sunionstore str nosuch -> keymiss nosuch, del str
        set str x -> new str, set str
        sadd ss a -> new ss, sadd ss
        sunionstore str ss -> sunionstore str
        set str x -> set str
        zadd zz 1 a -> new zz, zadd zz
        zunionstore str 1 zz -> zunionstore str
        set str x -> set str
        zrangestore str zz 0 -1 -> zrangestore str
        set str x -> set str
        bitop and str nosuch -> keymiss nosuch, del str
        set str x -> new str, set str
        geoadd gg 1 1 a -> new gg, zadd gg
        geosearchstore str gg fromlonlat 1 1 byradius 10 km -> geosearchstore str
        set str x -> set str
        rpush lst a -> new lst, rpush lst
        set lst x -> set lst
        rpush lst2 a -> new lst2, rpush lst2
        rpush lst2x a -> new lst2x, rpush lst2x
        mset lst2x v -> set lst2x
        rpush lst2y a -> new lst2y, rpush lst2y
        setnx lst2y v ->
        sadd lst2z a -> new lst2z, sadd lst2z
        setex lst2z 10 v -> set lst2z, expire lst2z
        """);

    [Fact]
    public void Commands_of_a_transaction() => Run("""
        multi ->
        set a 1 ->
        incr a ->
        del a ->
        exec -> new a, set a, incrby a, del a
        """);

    [Fact]
    public void Keys_that_move_between_databases()
    {
        Run("""
            set a 1 -> new a, set a
            copy a b db 1 -> new b@1, copy_to b@1
            move a 1 -> new a@1, move_from a, move_to a@1
            select 1 ->
            rename a b -> new b@1, rename_from a@1, rename_to b@1
            del b -> del b@1
            """);
    }

    [Fact]
    public void What_has_expired_says_so_once()
    {
        Run("""
            set a 1 px 10000 -> new a, set a, expire a
            hset h f 1 g 2 -> new h, hset h
            hpexpire h 10000 fields 1 f -> hexpire h
            hset i f 1 -> new i, hset i
            hpexpire i 10000 fields 1 f -> hexpire i
            """);
        _server.Clock.Advance(TimeSpan.FromSeconds(11));
        var events = new List<string>();
        TestClock.WaitUntil(() => { events.AddRange(Events()); return events.Count >= 4; }, "all to expire");
        Assert.Equal(["del i", "expired a", "hexpired h", "hexpired i"], events.Order(StringComparer.Ordinal));
        Run("get a -> keymiss a");
    }

    [Fact]
    public void A_key_that_a_write_finds_expired_goes_first()
    {
        _server.OnEngine(engine => engine.Expiry.IsEnabled = false);
        Run("""
            set a 1 px 10000 -> new a, set a, expire a
            set b 1 px 10000 -> new b, set b, expire b
            """);
        _server.Clock.Advance(TimeSpan.FromSeconds(11));
        Run("""
            set a 2 -> expired a, new a, set a
            del b -> expired b
            """);
    }

    [Theory]
    [InlineData("Kl", "__keyspace@0__:l lpush")]
    [InlineData("Eg", "__keyevent@0__:del s")]
    [InlineData("KE$", "__keyspace@0__:s set, __keyevent@0__:set s")]
    [InlineData("Eh", "")]
    [InlineData("A", "")]
    public void Only_classes_that_were_asked_for_are_published(string classes, string expected)
    {
        Assert.Equal("+OK", _client.Send("CONFIG", "SET", "notify-keyspace-events", classes));
        _server.OnEngine(engine =>
        {
            engine.ApplySettings();
            return true;
        });
        _client.Send("SET", "s", "1");
        _client.Send("LPUSH", "l", "1");
        _client.Send("DEL", "s");
        Assert.Equal(expected, string.Join(", ", Messages()));
    }

    [Fact]
    public void Nobody_listens_while_nobody_is_subscribed()
    {
        Assert.True(_server.OnEngine(static engine => engine.Events.IsActive));
        _subscriber.Send("PUNSUBSCRIBE");
        Assert.False(_server.OnEngine(static engine => engine.Events.IsActive));
        _subscriber.Send("SUBSCRIBE", "__keyevent@0__:del");
        Assert.True(_server.OnEngine(static engine => engine.Events.IsActive));
    }

    /// <summary>Lines of <c>command -> event key, event key</c>; a key of a database other than 0 is followed by its number.</summary>
    private void Run(string script)
    {
        foreach (string line in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string command = line[..line.IndexOf("->", StringComparison.Ordinal)].Trim();
            string[] arguments = [.. command.Split(' ').Select(static a => a == "''" ? "" : a)];
            RespValue reply = _client.Send(arguments);
            Assert.False(reply.IsError, $"{command}: {reply}");
            Assert.Equal(line, $"{command} -> {string.Join(", ", Events())}".Trim());
        }
    }

    /// <summary>The events since the last call, each of which came on both channels.</summary>
    private List<string> Events()
    {
        List<string> messages = Messages();
        var events = new List<string>();
        for (int i = 0; i < messages.Count; i += 2)
        {
            string[] parts = messages[i + 1]["__keyevent@".Length..].Split("__:", 2);
            string[] eventAndKey = parts[1].Split(' ', 2);
            Assert.Equal($"__keyspace@{parts[0]}__:{eventAndKey[1]} {eventAndKey[0]}", messages[i]);
            events.Add(parts[1] + (parts[0] == "0" ? "" : "@" + parts[0]));
        }
        return events;
    }

    /// <summary>The messages since the last call.</summary>
    private List<string> Messages()
    {
        var messages = new List<string>();
        _subscriber.Write("PING");
        for (RespValue message = _subscriber.Read(); message.Items[0].Text == "pmessage"; message = _subscriber.Read())
            messages.Add($"{message.Items[2].Text} {message.Items[3].Text}");
        return messages;
    }
}
