using Sigrun.Clients;
using Sigrun.Commands;
using Sigrun.Network;
using Sigrun.Protocol;

namespace Sigrun.Persistence.AppendOnly;

/// <summary>A client without a connection whose requests come from a file; nobody reads its replies.</summary>
/// <remarks>Requests run in groups, so that their keys are prefetched like those of a pipeline.</remarks>
internal sealed class AofReplay : IDisposable
{
    private const long GroupBytesMax = 1 << 20;

    private readonly Engine _engine;
    private readonly SessionResources _resources = new();
    private readonly ClientSession _client;
    private readonly ConnectionSession[] _clients;
    private CommandBatch _batch;
    private long _requestBytes;

    /// <summary>A client of an engine.</summary>
    public AofReplay(Engine engine)
    {
        _engine = engine;
        _client = new ClientSession(engine, _resources, id: 0);
        _client.SetUser(null, isAuthenticated: true);
        _clients = [_client];
        _batch = _client.Stage();
    }

    /// <summary>True between MULTI and EXEC, once all requests have run.</summary>
    public bool IsInTransaction => _client.IsInTransaction;

    /// <summary>Starts a request.</summary>
    public void Begin()
    {
        if (_batch.Count == CommandBatch.CommandsMax || _client.Input!.Length > GroupBytesMax) Run();
        _requestBytes = 0;
    }

    /// <summary>Adds an argument of that many bytes, which the caller fills in.</summary>
    public Span<byte> AddArgument(int length)
    {
        long offset = _client.Input!.End;
        Span<byte> target = _client.Input.AppendSpace(length);
        _batch.AddArgument(offset, length);
        _requestBytes += length;
        return target;
    }

    /// <summary>Forgets the arguments of a request that is not complete.</summary>
    public void Abandon() => _batch.DropOpenRequest();

    /// <summary>Completes a request.</summary>
    /// <returns>The command, or what is wrong with it as an error reply says it; then it is forgotten.</returns>
    public (int CommandId, string? Fault) Complete()
    {
        _batch.CompleteRequest(_client.Input!.End, _requestBytes);
        _client.ResolveStaged(_batch.Count - 1);
        int id = _batch[_batch.Count - 1].CommandId;
        if (id >= 0 && new CommandInfo(id).AcceptsArgumentCount(_batch[_batch.Count - 1].ArgumentCount)) return (id, null);
        var context = new CommandContext(_engine);
        context.Enter(_client, _batch);
        context.Bind(_batch[_batch.Count - 1]);
        string fault = id < 0 ? CommandErrors.UnknownCommand(context) : CommandErrors.WrongArity(id);
        _batch.DropLast();
        return (id, fault);
    }

    /// <summary>Runs the complete requests.</summary>
    public void Run()
    {
        while (_batch.Count > 0 && _batch.Executed < _batch.Count)
        {
            _engine.Executor.Execute(_clients);
            _client.Output.Clear();
            _client.CloseAfterOutput = false;
        }
        _batch = _client.Stage();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.OnClosed();
        _client.Output.Clear();
        _client.ReleaseIdleInput();
        _resources.Dispose();
    }
}
