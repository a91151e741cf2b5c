using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Sigrun.Commands;
using Sigrun.Keyspace;
using Sigrun.Storage;

namespace Sigrun.Types.HyperLogLogs;

/// <summary>PFDEBUG and PFSELFTEST: looks into a HyperLogLog, and a test of the whole.</summary>
internal static class HyperLogLogDebugCommands
{
    [Command("PFDEBUG", Arity = 3, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Admin,
        Group = CommandGroup.HyperLogLog, Since = "2.8.9", Keys = "2 RW access", DocFlags = CommandDocFlags.SysCmd,
        Summary = "Shows or changes how a HyperLogLog is kept.", Syntax = "subcommand key")]
    public static void PfDebug(CommandContext c)
    {
        if (c.ArgIs(1, "SIMD"u8))
        {
            SwitchVectors(c);
            return;
        }
        WriteScope scope = c.Db.OpenWrite(c, c.Key(2));
        if (scope.Entry.IsNull)
        {
            c.Reply.Error("ERR The specified key does not exist"u8);
            return;
        }
        if (!HyperLogLog.Is(c, scope.Entry)) return;
        if (scope.Entry.Encoding != EntryEncoding.Raw) scope.OpenBytes(0);
        if (c.ArgIs(1, "GETREG"u8)) GetRegisters(c, ref scope);
        else if (c.ArgIs(1, "DECODE"u8)) Decode(c, scope.Entry.ValueBytes);
        else if (c.ArgIs(1, "ENCODING"u8)) c.Reply.SimpleString(IsDense(scope.Entry) ? "dense"u8 : "sparse"u8);
        else if (c.ArgIs(1, "TODENSE"u8)) ToDense(c, ref scope);
        else c.Reply.Error($"ERR Unknown PFDEBUG subcommand '{Encoding.Latin1.GetString(CommandErrors.UpToNul(c.Arg(1)))}'");
    }

    [Command("PFSELFTEST", Arity = 1, Flags = CommandFlags.Admin, Group = CommandGroup.HyperLogLog, Since = "2.8.9",
        DocFlags = CommandDocFlags.SysCmd, Summary = "Tests registers and the estimate they give.")]
    public static void PfSelfTest(CommandContext c)
    {
        var test = new HyperLogLogSelfTest(ref c.Engine.Random, c.Engine.Settings.Types.HllSparseMaxBytes);
        if (test.Run() is { } failure) c.Reply.Error("ERR TESTFAILED " + failure);
        else c.Reply.Ok();
    }

    private static void SwitchVectors(CommandContext c)
    {
        HyperLogLogBuffer buffer = c.Engine.HyperLogLogs;
        bool isOn = c.ArgIs(2, "ON"u8);
        if (!isOn && !c.ArgIs(2, "OFF"u8))
        {
            c.Reply.Error("ERR Argument must be ON or OFF"u8);
            return;
        }
        buffer.UsesVectors = isOn;
        bool hasVectors = Avx2.IsSupported || Vector128.IsHardwareAccelerated;
        c.Reply.SimpleString(isOn && hasVectors ? "enabled"u8 : "disabled"u8);
    }

    private static void GetRegisters(CommandContext c, ref WriteScope scope)
    {
        if (!IsDense(scope.Entry) && !TryMakeDense(c, ref scope)) return;
        ReadOnlySpan<byte> registers = HyperLogLog.Registers(scope.Entry.ValueBytes);
        c.Reply.Array(DenseRegisters.Count);
        for (int i = 0; i < DenseRegisters.Count; i++) c.Reply.Integer(DenseRegisters.Get(registers, i));
    }

    private static void ToDense(CommandContext c, ref WriteScope scope)
    {
        bool isDense = IsDense(scope.Entry);
        if (isDense || TryMakeDense(c, ref scope)) c.Reply.Integer(isDense ? 0 : 1);
    }

    private static bool TryMakeDense(CommandContext c, ref WriteScope scope)
    {
        HyperLogLogBuffer buffer = c.Engine.HyperLogLogs;
        if (!buffer.TryLoad(scope.Entry.ValueBytes) || !buffer.TryMakeDense())
        {
            c.Reply.Error(HyperLogLog.Corrupted);
            return false;
        }
        scope.SetBytes(buffer.Bytes, EntryEncoding.Raw, scope.Entry.ExpiryMs);
        scope.Commit(KeyspaceEventClass.None, []);
        return true;
    }

    private static void Decode(CommandContext c, ReadOnlySpan<byte> bytes)
    {
        if (HyperLogLog.EncodingOf(bytes) != RegisterEncoding.Sparse)
        {
            c.Reply.Error("ERR HLL encoding is not sparse"u8);
            return;
        }
        var text = new StringBuilder();
        ReadOnlySpan<byte> codes = HyperLogLog.Registers(bytes);
        for (int at = 0; at < codes.Length;)
        {
            SparseRun run = SparseRun.At(codes, at);
            if (run.Bytes == 0) break;
            if (at > 0) text.Append(' ');
            if (run.Value > 0) text.Append("v:").Append(run.Value).Append(',').Append(run.Length);
            else text.Append(run.Bytes == 1 ? "z:" : "Z:").Append(run.Length);
            at += run.Bytes;
        }
        c.Reply.BulkText(text.ToString());
    }

    private static bool IsDense(EntryRef entry) => HyperLogLog.EncodingOf(entry.ValueBytes) == RegisterEncoding.Dense;
}
