using Microsoft.Extensions.Options;

namespace Sigrun.Hosting;

/// <summary>Finds options that cannot be meant, before the host starts; what directives say is looked at by the server.</summary>
internal sealed class SigrunOptionsValidator : IValidateOptions<SigrunServerOptions>
{
    private const int PortMax = 65535;
    private const int IoThreadsMax = 256;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, SigrunServerOptions options)
    {
        var failures = new List<string>();
        if (options.Port is < 0 or > PortMax) failures.Add($"{nameof(options.Port)} must be between 0 and {PortMax}, or null.");
        if (options.Port is not null && options.BindAddresses.Count == 0) failures.Add($"{nameof(options.BindAddresses)} is empty.");
        if (options.MaxMemoryBytes < 0) failures.Add($"{nameof(options.MaxMemoryBytes)} must not be negative.");
        if (options.IoThreads is < 1 or > IoThreadsMax) failures.Add($"{nameof(options.IoThreads)} must be between 1 and {IoThreadsMax}.");
        if (options.AppendOnly && options.DataDirectory is null) failures.Add($"{nameof(options.AppendOnly)} needs {nameof(options.DataDirectory)}.");
        if (options.DataDirectory is { } directory && !Directory.Exists(directory)) failures.Add($"{nameof(options.DataDirectory)} does not exist: {directory}");
        if (options.ConfigurationFile is { } file && !File.Exists(file)) failures.Add($"{nameof(options.ConfigurationFile)} does not exist: {file}");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
