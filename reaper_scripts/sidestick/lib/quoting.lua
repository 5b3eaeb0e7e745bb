-- @noindex
-- Command lines for ExecProcess, which takes one string: every argument must come out as it went in.

local files = require("files")

local quoting = {}

--- An argument for Windows: backslashes count only before a quote (the rule of CommandLineToArgvW).
function quoting.quote_windows(argument)
  local body = argument:gsub('(\\*)"', function(slashes) return slashes .. slashes .. '\\"' end)
  body = body:gsub("(\\+)$", "%1%1")
  return '"' .. body .. '"'
end

--- An argument elsewhere: within the first kind of quotes that it does not hold itself; nil if it holds both.
function quoting.quote_unix(argument)
  for _, quote_mark in ipairs({ "'", '"' }) do
    local unusable = quote_mark == '"' and argument:find('["$`\\]') or argument:find(quote_mark, 1, true)
    if not unusable then return quote_mark .. argument .. quote_mark end
  end
  return nil
end

--- One string for ExecProcess, or nil when an argument cannot be quoted here.
function quoting.command_line(arguments)
  local quote, parts = files.is_windows() and quoting.quote_windows or quoting.quote_unix, {}
  for index, argument in ipairs(arguments) do
    parts[index] = not argument:find("[%z\n]") and quote(argument) or nil
    if not parts[index] then return nil end
  end
  return table.concat(parts, " ")
end

return quoting
