using System.Runtime.InteropServices;
using System.Text;
using Sigrun.Cli.Help;
using Sigrun.Cli.Output;
using Sigrun.Cli.Platform;
using Sigrun.Client;

namespace Sigrun.Cli.Interactive;

/// <summary>Asks for commands and runs them, until there are no more.</summary>
internal sealed class Repl
{
    private const int SlowMilliseconds = 500;

    private readonly Session _session;
    private readonly CommandRunner _runner;
    private readonly Preferences _preferences;
    private readonly History? _history;
    private readonly ILineReader _lines;
    private readonly SubscriptionView _subscriptions;

    /// <summary>A loop on the standard input; commands are known once somebody types them.</summary>
    public Repl(Session session, CommandRunner runner, Lazy<CommandTable> commands)
    {
        _session = session;
        _runner = runner;
        _preferences = new Preferences(session);
        Terminal? terminal = Terminal.Open();
        if (terminal is not null)
        {
            _history = new History(UserFile.Find("VALKEYCLI_HISTFILE", "REDISCLI_HISTFILE", ".valkeycli_history"));
            _history.Load();
            _preferences.Load();
        }
        _lines = terminal is not null && !Terminal.IsDumb
            ? new LineEditor(terminal, session.Console, _history!)
            {
                Complete = line => commands.Value.Complete(line),
                Hint = line => _preferences.ShowHints ? commands.Value.Hint(line) : null,
            }
            : new StreamLineReader(session.Console, showPrompt: terminal is not null);
        _subscriptions = new SubscriptionView(session, runner, _lines, terminal);
    }

    /// <summary>Runs commands.</summary>
    public void Run()
    {
        _session.IsInteractive = true;
        using PosixSignalRegistration interrupts = Interrupts.Catch(OnInterrupt);
        _session.Connect();
        while (true)
        {
            if (_lines.ReadLine(_session.Prompt) is not { } line)
            {
                // Leaving while subscribed is leaving the subscription.
                if (!_session.IsSubscribed || !_session.Reconnect()) return;
                continue;
            }
            if (line.Length > 0 && !Handle(line)) return;
            if (_session.IsSubscribed) _subscriptions.Show();
        }
    }

    private void OnInterrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_session.Interrupt()) Environment.Exit(1);
    }

    /// <summary>Handles a line; false when it is the last.</summary>
    private bool Handle(byte[] line)
    {
        string text = Encoding.UTF8.GetString(line);
        if (ArgumentList.Split(line) is not { } words)
        {
            _session.Console.PrintLine("Invalid argument(s)");
            _session.Console.Flush();
            _history?.Add(text, isSensitive: false);
            return true;
        }
        if (words.Count == 0) return true;

        int skipped = 0;
        if (!TryReadRepeat(words, out long repeat)) return true;
        if (words.Count > 1 && IsNumber(words[0])) skipped = 1;
        ReadOnlySpan<byte[]> command = CollectionsMarshal.AsSpan(words)[skipped..];
        _history?.Add(text, SensitiveCommands.Contains(command));

        if (words[0].IsAnyOf("quit", "exit")) return false;
        if (words[0] is [(byte)':', ..]) _preferences.Apply(words);
        else if (words[0].IsWord("restart"))
        {
            _session.Console.PrintLine("Use 'restart' only in Lua debugging mode.");
            _session.Console.Flush();
        }
        else if (words.Count == 3 && words[0].IsWord("connect")) ConnectTo(words);
        else if (words.Count == 1 && words[0].IsWord("clear")) LineEditor.ClearScreen(_session.Console);
        else RunCommand(command, repeat);
        return true;
    }

    /// <summary>A number in front of a command says how often to run it.</summary>
    private bool TryReadRepeat(List<byte[]> words, out long repeat)
    {
        repeat = 1;
        if (words.Count == 1 || !IsNumber(words[0])) return true;
        repeat = CNumber.ParseInt64(Encoding.UTF8.GetString(words[0]), out _);
        if (repeat is > 0 and < long.MaxValue) return true;
        _session.Console.PrintLine($"Invalid {Usage.ToolName} repeat command option value.");
        _session.Console.Flush();
        return false;
    }

    private static bool IsNumber(byte[] word)
    {
        string text = Encoding.UTF8.GetString(word);
        _ = CNumber.ParseInt64(text, out int used);
        return used == text.Length;
    }

    private void ConnectTo(List<byte[]> words)
    {
        ConnectionOptions address = _session.Options.Connection;
        address.UnixSocket = null;
        address.Host = Encoding.UTF8.GetString(words[1]);
        address.Port = CNumber.ParseInt32(Encoding.UTF8.GetString(words[2]));
        _session.Reconnect();
    }

    private void RunCommand(ReadOnlySpan<byte[]> command, long repeat)
    {
        long start = ToolClock.Milliseconds;
        _runner.Run(command, repeat);
        long elapsed = ToolClock.Milliseconds - start;
        if (elapsed >= SlowMilliseconds && _session.Options.Output == OutputMode.Standard)
            _session.Console.PrintLine($"({FixedText.Two(elapsed / 1000.0)}s)");
        _session.Console.Flush();
    }
}
