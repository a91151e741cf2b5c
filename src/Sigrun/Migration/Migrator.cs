using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Migration;

/// <summary>Moves keys to another server: a RESTORE there, and a removal here of what was acknowledged.</summary>
/// <remarks>
/// All requests are sent before the first reply is read. A key is removed when its own reply has come, so that after a
/// failure in between every key is on one side at least. Everything happens while the command runs; payloads are made
/// and sent one after the other, so that many keys take no more memory than the largest.
/// </remarks>
internal sealed class Migrator(Engine engine) : IDisposable
{
    private readonly TargetConnections _targets = new(engine);
    private readonly TargetWriter _writer = new();
    private readonly List<int> _keys = [];
    private readonly List<int> _moved = [];
    private readonly byte[] _line = new byte[TargetConnection.LineMax];
    private readonly byte[] _error = new byte[ErrorPrefix.Length + TargetConnection.LineMax];
    private int _errorLength;
    private int _answered;

    /// <summary>Connections that are kept.</summary>
    public int ConnectionCount => _targets.Count;

    private static ReadOnlySpan<byte> ErrorPrefix => "ERR Target instance replied with error: "u8;

    /// <summary>Ends connections that were not used of late.</summary>
    public void CloseIdle() => _targets.CloseIdle();

    /// <inheritdoc/>
    public void Dispose() => _targets.Dispose();

    /// <summary>Carries out a command and replies.</summary>
    public void Run(CommandContext c, in MigrateRequest request)
    {
        FindKeys(c, request);
        if (_keys.Count == 0)
        {
            c.Reply.SimpleString("NOKEY"u8);
            return;
        }
        if (!CanTransfer(c)) return;
        // A connection that was kept may have been closed meanwhile, which shows only when it is used.
        for (bool isFirst = true; ; isFirst = false)
        {
            TargetConnection? target = _targets.Get(c.Arg(MigrateRequest.Host), c.Arg(MigrateRequest.Port), request.TimeoutMs);
            if (target is null)
            {
                c.Reply.Error("IOERR error or timeout connecting to the client"u8);
                return;
            }
            _moved.Clear();
            _errorLength = _answered = 0;
            bool selects = target.Database != request.Database;
            TargetResult sent = Send(c, request, target, selects);
            TargetResult result = sent == TargetResult.Done ? ReadReplies(c, request, target, selects) : sent;
            if (result == TargetResult.Done) target.Database = _errorLength == 0 ? request.Database : -1;
            else _targets.Close(target);
            if (result == TargetResult.Broken && isFirst && _answered == 0) continue;
            TellMoved(c);
            Reply(c, sent, result);
            return;
        }
    }

    private void FindKeys(CommandContext c, in MigrateRequest request)
    {
        _keys.Clear();
        for (int i = request.FirstKey; i < request.FirstKey + request.KeyCount; i++)
        {
            if (!c.Db.FindForRead(c.Key(i)).IsNull) _keys.Add(i);
        }
    }

    /// <summary>Whether the version of the payloads has a form for all values; replies when it has not.</summary>
    private bool CanTransfer(CommandContext c)
    {
        foreach (int key in _keys)
        {
            EntryRef entry = c.Db.Peek(c.Key(key));
            if (engine.Dumps.CanMake(entry)) continue;
            c.Reply.Error(engine.Dumps.Refusal(entry, c.Db.Index));
            return false;
        }
        return true;
    }

    private TargetResult Send(CommandContext c, in MigrateRequest request, TargetConnection target, bool selects)
    {
        _writer.Begin(target);
        if (request.Password != 0)
        {
            _writer.Request(request.User == 0 ? 2 : 3);
            _writer.Argument("AUTH"u8);
            if (request.User != 0) _writer.Argument(c.Arg(request.User));
            _writer.Argument(c.Arg(request.Password));
        }
        if (selects)
        {
            _writer.Request(2);
            _writer.Argument("SELECT"u8);
            _writer.Argument(request.Database);
        }
        foreach (int key in _keys) SendKey(c, c.Key(key), request.Replaces);
        _writer.Flush();
        return _writer.Result;
    }

    private void SendKey(CommandContext c, in KeyRef key, bool replaces)
    {
        EntryRef entry = c.Db.Peek(key);
        _writer.Request(replaces ? 5 : 4);
        _writer.Argument("RESTORE"u8);
        _writer.Argument(key.Bytes);
        // Zero would mean that it never expires.
        _writer.Argument(entry.HasExpiry ? Math.Max(1, entry.ExpiryMs - c.NowMs) : 0);
        _writer.Argument(engine.Dumps.Make(entry));
        engine.Dumps.Release();
        if (replaces) _writer.Argument("REPLACE"u8);
    }

    private TargetResult ReadReplies(CommandContext c, in MigrateRequest request, TargetConnection target, bool selects)
    {
        TargetResult result = TargetResult.Done;
        if (request.Password != 0) result = ReadReply(target, out _);
        if (selects && result == TargetResult.Done) result = ReadReply(target, out _);
        if (result != TargetResult.Done) return result;
        // What was restored into another database than the one asked for, or by somebody else, does not count.
        bool isPrepared = _errorLength == 0;
        foreach (int key in _keys)
        {
            result = ReadReply(target, out bool isError);
            if (result != TargetResult.Done) return result;
            _answered++;
            if (isPrepared && !isError && !request.Copies) Remove(c, key);
        }
        return TargetResult.Done;
    }

    /// <summary>Reads a reply and keeps the first error.</summary>
    private TargetResult ReadReply(TargetConnection target, out bool isError)
    {
        TargetResult result = target.ReadLine(_line, out int length);
        isError = result == TargetResult.Done && length > 0 && _line[0] == '-';
        if (!isError || _errorLength > 0) return result;
        ErrorPrefix.CopyTo(_error);
        _line.AsSpan(1, length - 1).CopyTo(_error.AsSpan(ErrorPrefix.Length));
        _errorLength = ErrorPrefix.Length + length - 1;
        return result;
    }

    private void Remove(CommandContext c, int argument)
    {
        KeyRef key = c.Key(argument);
        c.Db.RemoveKey(key, engine.Settings.Memory.LazyFreeServerDelete);
        c.HasWritten = true;
        c.Db.AnnounceWrite(KeyspaceEventClass.Generic, "del"u8, key.Bytes);
        engine.Dirty++;
        _moved.Add(argument);
    }

    /// <summary>Whoever follows the data has no other server to move keys to: for them they are deleted.</summary>
    private void TellMoved(CommandContext c)
    {
        if (_moved.Count == 0) return;
        EffectBuilder effect = c.ReplaceEffects().Add("DEL"u8);
        foreach (int key in _moved) effect.Add(c.Arg(key));
        effect.Emit();
    }

    private void Reply(CommandContext c, TargetResult sent, TargetResult result)
    {
        if (_errorLength > 0) c.Reply.Error(_error.AsSpan(0, _errorLength));
        else if (sent != TargetResult.Done) c.Reply.Error("IOERR error or timeout writing to target instance"u8);
        else if (result != TargetResult.Done) c.Reply.Error("IOERR error or timeout reading to target instance"u8);
        else c.Reply.Ok();
    }
}
