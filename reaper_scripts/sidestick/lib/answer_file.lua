-- @noindex
-- Answer files, as the spool's outbox has them: {"answers", "events", "finished"}.

local files = require("files")
local json = require("json")

local answer_file = {}

local function deliver_new(request, messages, deliver)
  for _, message in ipairs(messages) do
    local text = json.encode(message)
    if not request.delivered[text] then
      request.delivered[text] = true
      deliver(request, message)
    end
  end
end

--- Delivers what is new in the file at `path`.
function answer_file.read(path, request, deliver)
  local text = files.read(path)
  if not text or text == request.answer_text then return end
  local content = json.decode(text)
  if type(content) ~= "table" then return end
  request.answer_text, request.delivered = text, request.delivered or {}
  deliver_new(request, content.answers or {}, deliver)
  deliver_new(request, content.events or {}, deliver)
  request.finished = request.finished or content.finished
end

return answer_file
