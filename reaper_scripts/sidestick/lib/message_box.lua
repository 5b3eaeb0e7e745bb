-- @noindex
-- Message boxes: sentences for the user, and questions.

local message_box = {}

local OK, YES_NO, YES = 0, 4, 6

function message_box.show(text)
  reaper.ShowMessageBox(text, "sidestick", OK)
end

--- Whether the user answers a question with yes.
function message_box.confirm(question)
  return reaper.ShowMessageBox(question, "sidestick", YES_NO) == YES
end

--- Several sentences in one box; nothing at all when there is none.
function message_box.show_all(sentences)
  if #sentences > 0 then message_box.show(table.concat(sentences, "\n\n")) end
end

--- Whether this is the first call with `sentence` since REAPER was started.
function message_box.is_first_time(sentence)
  local before = reaper.GetExtState("sidestick_said", sentence)
  reaper.SetExtState("sidestick_said", sentence, "yes", false)
  return before == ""
end

return message_box
