using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Sigrun.Hosting.Tests;

/// <summary>StackExchange.Redis, as it is: connecting with defaults, many tasks over one connection, common operations.</summary>
public sealed class StackExchangeTests : IAsyncLifetime
{
    private SigrunServer _server = null!;
    private ConnectionMultiplexer _redis = null!;
    private IDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _server = await Servers.StartAsync(new SigrunServerOptions { Port = 0 });
        _redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_server.Port},allowAdmin=true" + Servers.Patience);
        _database = _redis.GetDatabase();
    }

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>As the package's page shows it.</summary>
    [Fact]
    public async Task ItNeedsNoSocket()
    {
        await using SigrunServer server = await Servers.StartAsync();
        var configuration = new ConfigurationOptions { EndPoints = { "sigrun" }, Tunnel = new ToServer(server), ConnectTimeout = 60_000, AsyncTimeout = 60_000 };
        await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        IDatabase database = redis.GetDatabase();
        Assert.True(await database.StringSetAsync("a", "1"));
        Assert.Equal("1", await database.StringGetAsync("a"));
    }

    private sealed class ToServer(SigrunServer server) : Tunnel
    {
        public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) => default;

        public override ValueTask<Stream?> BeforeAuthenticateAsync(EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
            new(server.Connect());
    }

    [Fact]
    public async Task AHundredTasksShareAConnection()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async task =>
        {
            for (int i = 0; i < 100; i++)
            {
                await _database.StringIncrementAsync("sum");
                await _database.StringSetAsync($"{task}:{i}", i);
                Assert.Equal(i, (int)await _database.StringGetAsync($"{task}:{i}"));
            }
        }));
        Assert.Equal(10_000, (int)await _database.StringGetAsync("sum"));
    }

    [Fact]
    public async Task ValuesOfAllTypes()
    {
        await _database.HashSetAsync("hash", [new HashEntry("a", 1), new HashEntry("b", 2)]);
        Assert.Equal(3, (long)(await _database.HashGetAllAsync("hash")).Sum(entry => (long)entry.Value));
        await _database.ListRightPushAsync("list", ["a", "b", "c"]);
        Assert.Equal("c", await _database.ListRightPopAsync("list"));
        await _database.SetAddAsync("set", ["a", "b"]);
        Assert.True(await _database.SetContainsAsync("set", "a"));
        await _database.SortedSetAddAsync("sorted", [new SortedSetEntry("a", 1.5), new SortedSetEntry("b", 0.5)]);
        Assert.Equal(["b", "a"], (await _database.SortedSetRangeByRankAsync("sorted")).Select(value => (string?)value));
        RedisValue id = await _database.StreamAddAsync("stream", "field", "value");
        Assert.Equal(id, (await _database.StreamRangeAsync("stream")).Single().Id);
        Assert.True(await _database.KeyExpireAsync("set", TimeSpan.FromMinutes(1)));
        Assert.InRange((await _database.KeyTimeToLiveAsync("set"))!.Value.TotalSeconds, 1, 60);
    }

    [Fact]
    public async Task TransactionsHoldTheirConditions()
    {
        ITransaction transaction = _database.CreateTransaction();
        transaction.AddCondition(Condition.HashLengthEqual("owner", 0));
        Task<bool> set = transaction.StringSetAsync("a", 1);
        _ = transaction.HashSetAsync("owner", "name", "b");
        Assert.True(await transaction.ExecuteAsync());
        Assert.True(await set);

        ITransaction refused = _database.CreateTransaction();
        refused.AddCondition(Condition.HashLengthEqual("owner", 0));
        _ = refused.StringSetAsync("a", 2);
        Assert.False(await refused.ExecuteAsync());
        Assert.Equal(1, (int)await _database.StringGetAsync("a"));
    }

    [Fact]
    public async Task MessagesArrive()
    {
        ISubscriber subscriber = _redis.GetSubscriber();
        ChannelMessageQueue queue = await subscriber.SubscribeAsync(RedisChannel.Literal("news"));
        await subscriber.PublishAsync(RedisChannel.Literal("news"), "hello");
        ChannelMessage message = await queue.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.Equal("hello", message.Message);
    }

    [Fact]
    public async Task TheServerCanBeLookedAt()
    {
        IServer server = _redis.GetServer("127.0.0.1", _server.Port);
        await _database.StringSetAsync("a", 1);
        Assert.Equal(["a"], server.Keys().Select(key => (string?)key));
        Assert.Contains((await server.InfoAsync("server"))[0], pair => pair is { Key: "valkey_version", Value: "9.1.0" });
        Assert.Contains(await server.ClientListAsync(), client => client.Name == _redis.ClientName);
        Assert.Equal("allkeys-lru", await Change(server));
        await server.FlushDatabaseAsync();
        Assert.Equal(0, await server.DatabaseSizeAsync());
    }

    private static async Task<string> Change(IServer server)
    {
        await server.ConfigSetAsync("maxmemory-policy", "allkeys-lru");
        return (await server.ConfigGetAsync("maxmemory-policy")).Single().Value;
    }
}
